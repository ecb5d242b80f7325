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

    /// <summary>
    /// Lists one page and hands each object to <paramref name="each"/> as it arrives, so that a long list never is in memory whole.
    /// Answers where the page ends: <see cref="ListMeta.Continue"/> is null after the last one.
    /// </summary>
    Task<ListMeta> ListPageAsync<T>(ListQuery query, ListPage page, Action<T> each, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>
    /// A watch that begins with all objects as they are, as <see cref="WatchEventType.Added"/>; the bookmark that
    /// <see cref="WatchEvents.EndsInitialEvents"/> ends them (KEP-3157). Servers before 1.32 may refuse with 400 or 422, or never send the bookmark.
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Replaces the whole object; a set resourceVersion makes it conditional (409 on conflict).</summary>
    Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Applies a JSON merge patch (RFC 7386), to a subresource such as <c>status</c> when one is named.</summary>
    Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T>;

    /// <summary>Sets the one condition of its type in the object's status and leaves the others to their owners.</summary>
    Task<T> SetConditionAsync<T>(string? ns, string name, Condition condition, CancellationToken cancellation)
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

/// <summary>A part of a list.</summary>
/// <param name="Limit">Objects at most; 0 is all.</param>
/// <param name="Continue">What the page before said; null for the first.</param>
public readonly record struct ListPage(int Limit, string? Continue = null);

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

public static class WatchEvents
{
    /// <summary>Marks the bookmark after which a streaming list is a plain watch.</summary>
    public const string InitialEventsEnd = "k8s.io/initial-events-end";

    public static bool EndsInitialEvents<T>(this WatchEvent<T> change)
        where T : class, IKubeObject<T> =>
        change.Type == WatchEventType.Bookmark && change.Value.Metadata.Annotations?.GetValueOrDefault(InitialEventsEnd) == "true";
}
