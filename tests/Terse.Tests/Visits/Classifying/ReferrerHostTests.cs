using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class ReferrerHostTests
{
    [Theory]
    [InlineData("https://example.com/", "example.com")]
    [InlineData("https://example.com", "example.com")]
    [InlineData("http://example.com:8080/a?b#c", "example.com")]
    [InlineData("https://example.com?q=1", "example.com")]
    [InlineData("https://user:secret@example.com/", "example.com")]
    [InlineData("https://user@host@example.com/", "example.com")]
    [InlineData("http://[2001:db8::1]:80/", "[2001:db8::1]")]
    [InlineData("http://[2001:db8::1", "")]
    [InlineData("android-app://com.google.android.gm/", "com.google.android.gm")]
    [InlineData("https://", "")]
    [InlineData("about:blank", "")]
    [InlineData("example.com", "")]
    [InlineData("", "")]
    public void The_host_of_a_referrer_is_found(string referrer, string host)
    {
        Assert.Equal(host, ReferrerHost.Find(referrer).ToString());
    }
}
