namespace Terse.Harness;

/// <summary>What an <see cref="S3Server"/> does with a request that it should not serve correctly.</summary>
internal enum S3Fault
{
    None,

    /// <summary>Answers 503 SlowDown, as S3 does with too many requests.</summary>
    SlowDown,

    /// <summary>Answers 500 InternalError.</summary>
    InternalError,

    /// <summary>
    /// Answers 409 ConditionalRequestConflict, as S3 does if another write of the object is in progress.
    /// </summary>
    Conflict,

    /// <summary>Keeps the connection open, and answers nothing.</summary>
    NoAnswer,

    /// <summary>Closes the connection before the response.</summary>
    Closed,

    /// <summary>Does what the request says, and closes the connection before the response.</summary>
    LostAnswer,

    /// <summary>Closes the connection after one half of the object.</summary>
    HalfBody,

    /// <summary>Keeps the connection open after one half of the object, and sends no more.</summary>
    StalledBody,
}
