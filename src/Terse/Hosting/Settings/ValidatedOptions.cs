using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Terse.Hosting;

/// <summary>Registers the services that create and validate one class of options.</summary>
internal static class ValidatedOptions
{
    /// <summary>Validates the options when the server starts.</summary>
    public static OptionsBuilder<TOptions> ValidateAtStart<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this OptionsBuilder<TOptions> options)
        where TOptions : class
    {
        options.Services.AddExactOptions<TOptions>();
        return options.ValidateOnStart();
    }

    /// <summary>
    /// Registers the services of the options for exactly this class, so that the native compiler creates
    /// their types. The framework registers these services for all classes at once; then the native program
    /// creates their types while it starts, which takes about a millisecond for each class.
    /// </summary>
    public static void AddExactOptions<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services)
        where TOptions : class
    {
        services.AddTransient<IOptionsFactory<TOptions>>(provider => new OptionsFactory<TOptions>(
            provider.GetServices<IConfigureOptions<TOptions>>(),
            provider.GetServices<IPostConfigureOptions<TOptions>>(),
            provider.GetServices<IValidateOptions<TOptions>>()));
        services.AddSingleton<IOptionsMonitor<TOptions>>(provider => new OptionsMonitor<TOptions>(
            provider.GetRequiredService<IOptionsFactory<TOptions>>(),
            provider.GetServices<IOptionsChangeTokenSource<TOptions>>(),
            new OptionsCache<TOptions>()));
        services.AddSingleton<IOptions<TOptions>>(provider => new OptionsManager<TOptions>(
            provider.GetRequiredService<IOptionsFactory<TOptions>>()));
    }
}
