using System.Security.Cryptography;
using System.Text;
using Terse.Events;

namespace Terse.Tests.Events;

/// <summary>
/// The vector is that of the specification's own libraries: <c>verifyWebhookSignWorks</c> in
/// libraries/csharp/StandardWebhooks.Tests/WebhookTest.cs and <c>sign function works</c> in
/// libraries/javascript/src/webhook.test.ts of https://github.com/standard-webhooks/standard-webhooks.
/// </summary>
public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long Timestamp = 1614265330;
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly byte[] Body = """{"test": 2432232314}"""u8.ToArray();

    [Fact]
    public void The_signature_is_that_of_the_specifications_libraries() =>
        Assert.Equal(Signature, WebhookSignature.Sign([Secret], Id, Timestamp, Body));

    [Fact]
    public void Several_secrets_make_several_signatures_in_their_order()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var newest = WebhookSignature.SecretPrefix + Convert.ToBase64String(key);
        var signed = Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.").Concat(Body).ToArray();
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));

        Assert.Equal(
            $"{expected} {Signature}", WebhookSignature.Sign([newest, Secret], Id, Timestamp, Body));
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_not base64!")]
    public void A_secret_in_another_form_is_refused(string secret) =>
        Assert.Throws<FormatException>(() => WebhookSignature.Sign([secret], Id, Timestamp, Body));
}
