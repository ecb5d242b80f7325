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
}
