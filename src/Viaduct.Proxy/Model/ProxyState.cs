using System.Collections.Immutable;

namespace Viaduct.Proxy.Model;

/// <summary>What this node must serve: every Service port with its usable endpoints. Immutable; swapped whole.</summary>
public sealed record ProxyState
{
    public static ProxyState Empty { get; } = new();

    public ImmutableDictionary<ServicePortName, ServicePortState> Ports { get; init; } =
        ImmutableDictionary<ServicePortName, ServicePortState>.Empty;

    /// <summary>Who claims each frontend, in order of name. More than one means that objects contradict each other.</summary>
    public ImmutableDictionary<Frontend, ImmutableSortedSet<ServicePortName>> Claims { get; init; } =
        ImmutableDictionary<Frontend, ImmutableSortedSet<ServicePortName>>.Empty;

    /// <summary>
    /// The Service port that answers on <paramref name="frontend"/>, or null. When several claim it, the first by name has it,
    /// so that every node decides alike and in whatever order the objects came.
    /// </summary>
    public ServicePortState? Serving(Frontend frontend) =>
        Claims.TryGetValue(frontend, out var claimants) ? Ports[claimants[0]] : null;
}

/// <summary>The frontends whose service may differ from the state before. A backend looks at nothing else.</summary>
public sealed record ProxyChange(IReadOnlyCollection<Frontend> Frontends)
{
    public bool IsEmpty => Frontends.Count == 0;
}

/// <summary>A new state, what changed in it, and what was wrong with objects (sentences for people).</summary>
public sealed record ProxyUpdate(ProxyState State, ProxyChange Change, IReadOnlyList<string> Problems);
