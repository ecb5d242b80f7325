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

    /// <summary>The server at <paramref name="server"/> could not be reached.</summary>
    public static KubeApiException Unreachable(Uri server, Exception cause) => new(
        new Status { Reason = "Unreachable", Message = $"The Kubernetes API at {server.GetLeftPart(UriPartial.Authority)} cannot be reached: {Innermost(cause).Message}" },
        cause);

    private static Exception Innermost(Exception e) => e.InnerException is null ? e : Innermost(e.InnerException);
}
