namespace Terse.Hosting;

/// <summary>
/// The ARN of a secret in AWS Secrets Manager, for example
/// <c>arn:aws:secretsmanager:eu-central-1:123456789012:secret:terse-Ab12Cd</c>. A further part names one
/// value of a secret that is a JSON object, as in task definitions of Amazon ECS: <c>…:codes</c>.
/// </summary>
/// <param name="Id">The ARN, without the name of a value.</param>
/// <param name="Region">The region that holds the secret.</param>
/// <param name="Domain">The DNS domain of the partition, such as <c>amazonaws.com</c>.</param>
/// <param name="Key">The name of one value; null for the whole secret.</param>
internal sealed record SecretArn(string Id, string Region, string Domain, string? Key)
{
    /// <summary>Whether a text is meant to be the ARN of a secret.</summary>
    public static bool Is(string value) =>
        value.StartsWith("arn:aws", StringComparison.Ordinal)
        && value.Contains(":secretsmanager:", StringComparison.Ordinal);

    /// <summary>Returns null if the text is no such ARN.</summary>
    public static SecretArn? TryParse(string value)
    {
        string[] parts = value.Split(':');
        if (parts.Length is not (7 or 8 or 10)
            || parts is not ["arn", _, "secretsmanager", _, _, "secret", ..]
            || parts.Take(7).Any(part => part.Length == 0)
            || !parts[3].All(IsInRegion)
            || parts.Skip(8).Any(part => part.Length > 0)) // ECS writes a stage and a version after the key.
        {
            return null;
        }

        return new(
            string.Join(':', parts[..7]),
            parts[3],
            parts[1] == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com",
            parts.ElementAtOrDefault(7) is { Length: > 0 } key ? key : null);
    }

    private static bool IsInRegion(char letter) =>
        char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-';
}
