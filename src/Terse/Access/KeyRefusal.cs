using Terse.Web;

namespace Terse.Access;

/// <summary>Why a request of the API is refused.</summary>
/// <param name="Answer">The response.</param>
/// <param name="Reason">The reason for the log, which may be more exact than the response.</param>
/// <param name="KeyId">The id that the sent key contains; null if none was sent, or no complete one.</param>
internal sealed record KeyRefusal(Problem Answer, string Reason, string? KeyId);
