namespace Terse.Access;

/// <summary>The key in <see cref="AccessOptions.AdminKeyFile"/>, which is read once, at the start.</summary>
/// <param name="Key">The key; null without a file.</param>
internal sealed record FileKey(ApiKey? Key)
{
    public static FileKey Read(AccessOptions options)
    {
        if (options.ReadAdminKey().Key is not { } text)
            return new(Key: null);
        return new(new ApiKey(text.Id, AccessOptions.AdminKeyName, Role.Admin, KeyScope.All, text.Hash()));
    }
}
