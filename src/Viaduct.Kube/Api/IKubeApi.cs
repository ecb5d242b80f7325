using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Api;

/// <summary>
/// The Kubernetes API as this project needs it. Implemented in process, over HTTP against the embedded server, and
/// over HTTP against a real kube-apiserver; one conformance suite holds for all.
/// Every method throws <see cref="KubeApiException"/> when the server refuses.
/// </summary>
/// <remarks>
/// The typed records hold only the fields that we read. So write whole objects (<see cref="CreateAsync"/>,
/// <see cref="UpdateAsync"/>) only when we own all of their fields; change anything else by a merge patch.
/// </remarks>
public interface IKubeApi
{
    Task<T> GetAsync<T>(string? ns, string name, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Lists; all namespaces when <see cref="ListQuery.Namespace"/> is null.</summary>
    Task<KubeList<T>> ListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>
    /// Follows changes after <paramref name="resourceVersion"/>. Ends when the server ends the watch; the caller lists or watches again.
    /// An expired version throws <see cref="KubeApiException"/> with <see cref="KubeApiException.IsExpired"/>.
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ListQuery query, string resourceVersion, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Replaces the whole object; a set resourceVersion makes it conditional (409 on conflict).</summary>
    Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Applies a JSON merge patch (RFC 7386), to a subresource such as <c>status</c> when one is named.</summary>
    Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Creates an object from raw JSON: for pod templates, of which no field may be lost.</summary>
    Task<T> CreateRawAsync<T>(string? ns, JsonObject value, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    Task DeleteAsync<T>(string? ns, string name, DeleteQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>
    /// Gives a pod its node: POST <c>pods/POD/binding</c>, the only way that a kube-apiserver lets spec.nodeName change.
    /// 409 when the pod has a node already.
    /// </summary>
    Task BindAsync(string ns, string pod, string node, CancellationToken cancellation);
}

/// <summary>What to list or watch; selectors in their string form.</summary>
public sealed record ListQuery
{
    public static ListQuery All { get; } = new();

    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }
}

/// <summary>Conditions of a deletion; absent ones are not checked.</summary>
public sealed record DeleteQuery
{
    public static DeleteQuery Default { get; } = new();

    public long? GracePeriodSeconds { get; init; }

    /// <summary>Delete only if the object still has this uid (409 otherwise).</summary>
    public string? Uid { get; init; }
}

public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Only the object's resourceVersion is meaningful.</summary>
    Bookmark,
}

public readonly record struct WatchEvent<T>(WatchEventType Type, T Value);
