using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Api;

/// <summary>The API server refused a request; <see cref="Status"/> is what it said.</summary>
public sealed class KubeApiException : Exception
{
    public KubeApiException(Status status, Exception? cause = null)
        : base(status.Message ?? status.Reason ?? $"HTTP {status.Code}", cause) => Status = status;

    public Status Status { get; }

    public bool IsNotFound => Status.Code == 404;

    public bool IsAlreadyExists => Status is { Code: 409, Reason: "AlreadyExists" };

    public bool IsConflict => Status is { Code: 409, Reason: "Conflict" };

    /// <summary>The resourceVersion is older than the server remembers: list again.</summary>
    public bool IsExpired => Status.Code == 410;

    /// <summary>No answer came: the connection could not be made or broke (no HTTP code).</summary>
    public bool IsUnreachable => Status.Code == 0;

    /// <summary>The same request may succeed later.</summary>
    public bool IsTransient => Status.Code is 0 or 429 or >= 500;

    /// <summary>How long the server wants to be left alone before the same request comes again; null when it did not say.</summary>
    public TimeSpan? RetryAfter => Status.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>
    /// The server has no time now, which says nothing of the request: it throttles (API Priority and Fairness), starts or ends (429, kube-apiserver's filter
    /// WithRetryAfter), or what stands before it has no server to ask (503).
    /// </summary>
    public bool IsBusy => Status.Code is 429 or 503;

    /// <summary>The server at <paramref name="server"/> could not be reached.</summary>
    public static KubeApiException Unreachable(Uri server, Exception cause) => new(
        new Status { Reason = "Unreachable", Message = $"The Kubernetes API at {server.GetLeftPart(UriPartial.Authority)} cannot be reached: {Innermost(cause).Message}" },
        cause);

    // What was cancelled when the time was over says less than that it was over.
    private static Exception Innermost(Exception e) => e is TimeoutException || e.InnerException is null ? e : Innermost(e.InnerException);
}
