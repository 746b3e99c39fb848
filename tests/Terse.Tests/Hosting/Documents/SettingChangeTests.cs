using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SettingChangeTests
{
    private static readonly SettingsSection[] Sections =
    [
        new("Cache", ["MaxAge", "MaxEntries"]) { Live = ["MaxAge"] },
        new("Web", ["CorsOrigins:0", "Host"]) { Live = ["CorsOrigins"] },
    ];

    private static readonly Dictionary<string, string?> Old = new()
    {
        ["Cache:MaxAge"] = "1",
        ["Cache:MaxEntries"] = "2",
        ["Web:CorsOrigins:0"] = "a",
        ["Web:CorsOrigins:1"] = "b",
        ["Logging:LogLevel:Default"] = "Warning",
    };

    private static readonly Dictionary<string, string?> New = new()
    {
        ["cache:maxage"] = "3",
        ["Cache:MaxEntries"] = "4",
        ["Web:CorsOrigins:0"] = "b",
        ["Web:Host"] = "c",
    };

    [Fact]
    public void Changes_name_old_and_new_values_and_whether_they_need_a_restart() => Assert.Equal(
        [
            new("Cache:MaxAge", "1", "3", IsLive: true),
            new("Cache:MaxEntries", "2", "4", IsLive: false),
            new("Logging:LogLevel:Default", "Warning", null, IsLive: true),
            new("Web:CorsOrigins", "a, b", "b", IsLive: true),
            new("Web:Host", null, "c", IsLive: false),
        ],
        SettingChange.Find(Old, New, Sections));

    [Fact]
    public void Equal_settings_are_no_change() => Assert.Empty(SettingChange.Find(Old, Old, Sections));

    [Fact]
    public void A_running_server_gets_the_live_settings_whole_and_keeps_the_others()
    {
        var merged = SettingChange.Merge(Old, New, Sections);

        Assert.Equal(
            ["Cache:MaxEntries = 2", "Web:CorsOrigins:0 = b", "cache:maxage = 3"],
            merged.Select(setting => $"{setting.Key} = {setting.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_waiting_changes_are_none_after_the_document_went_back()
    {
        var merged = SettingChange.Merge(Old, New, Sections);

        Assert.All(SettingChange.Find(merged, Old, Sections), change => Assert.True(change.IsLive));
    }
}
