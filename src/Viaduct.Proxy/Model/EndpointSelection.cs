using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Viaduct.Proxy.Model;

/// <summary>
/// Chooses the endpoints of one Service port for each traffic policy, by the rules of kube-proxy: ready ones, or else those that still
/// serve while they terminate (KEP-1669), and of the ready ones those whose hints name this node or its zone (KEP-4444, KEP-3015).
/// Keeps its buffers, as it runs for every change. Not thread-safe.
/// </summary>
internal sealed class EndpointSelection
{
    private List<Candidate> candidates = [];
    private List<Candidate> sorted = [];
    private UInt128[] keys = [];
    private int[] order = [];
    private readonly List<ProxyEndpoint> chosen = [];

    private readonly record struct Candidate(EndpointAddress Target, EndpointRecord Endpoint);

    /// <summary>Whom the hints lead to.</summary>
    private enum Reach
    {
        Everywhere,
        ThisNode,
        ThisZone,
    }

    /// <summary>The port with the endpoints that it has on a node in <paramref name="zone"/>.</summary>
    public ServicePortState WithEndpoints(ServicePortState port, List<SliceRecord> slices, string? zone)
    {
        Collect(port, slices);
        // Pods of this node reach an external address by policy Cluster, whatever the policies are.
        var usesCluster = !port.InternalLocal || port.IsExternal;
        var usesLocal = port.InternalLocal || port.ExternalLocal;
        var forCluster = usesCluster ? ForCluster(zone) : [];
        var result = port with
        {
            Endpoints = forCluster,
            LocalEndpoints = usesLocal ? ForLocal() : [],
            ServingEndpoints = port.Protocol == TransportProtocol.Udp ? Serving(forCluster) : [],
            HasEndpointsAnywhere = Any(static e => e.Is(EndpointTraits.Ready) || e.IsServingWhileTerminating),
        };
        candidates.Clear();
        return result;
    }

    private ImmutableArray<ProxyEndpoint> ForCluster(string? zone)
    {
        var ready = ReachOfHints(zone) switch
        {
            Reach.ThisNode => Where(static e => e.Is(EndpointTraits.Ready | EndpointTraits.ForThisNode)),
            Reach.ThisZone => Where(e => e.Is(EndpointTraits.Ready) && e.IsFor(zone)),
            _ => Where(static e => e.Is(EndpointTraits.Ready)),
        };
        return ready.IsEmpty ? Where(static e => e.IsServingWhileTerminating) : ready;
    }

    // Hints never apply here: to be local is the stronger wish.
    private ImmutableArray<ProxyEndpoint> ForLocal()
    {
        var ready = Where(static e => e.Is(EndpointTraits.Local | EndpointTraits.Ready));
        return ready.IsEmpty ? Where(static e => e.Is(EndpointTraits.Local) && e.IsServingWhileTerminating) : ready;
    }

    // Nearly always the same ones: then one array is enough.
    private ImmutableArray<ProxyEndpoint> Serving(ImmutableArray<ProxyEndpoint> forCluster)
    {
        var serving = Where(static e => e.Is(EndpointTraits.Ready) || e.Is(EndpointTraits.Serving));
        return serving.AsSpan().SequenceEqual(forCluster.AsSpan()) ? forCluster : serving;
    }

    /// <summary>A level of hints counts when every ready endpoint has it and one of them names us.</summary>
    private Reach ReachOfHints(string? zone)
    {
        var (allHaveNode, allHaveZone, oneForNode, oneForZone) = (true, true, false, false);
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(candidates))
        {
            var endpoint = candidate.Endpoint;
            if (!endpoint.Is(EndpointTraits.Ready))
                continue;
            allHaveNode &= endpoint.Is(EndpointTraits.HasNodeHint);
            oneForNode |= endpoint.Is(EndpointTraits.ForThisNode);
            allHaveZone &= endpoint.Zones is not null;
            oneForZone |= endpoint.IsFor(zone);
        }

        return allHaveNode && oneForNode ? Reach.ThisNode : allHaveZone && oneForZone ? Reach.ThisZone : Reach.Everywhere;
    }

    private void Collect(ServicePortState port, List<SliceRecord> slices)
    {
        candidates.Clear();
        foreach (var slice in slices)
        {
            if (slice.NumberOf(port.Name.Port, port.Protocol) is not (> 0 and var number))
                continue;
            foreach (var endpoint in slice.Endpoints)
                candidates.Add(new Candidate(new EndpointAddress(endpoint.Address, number), endpoint));
        }

        SortByAddress();
        RemoveDoubles();
    }

    // Keys are a third as large as candidates, and are compared without a call.
    private void SortByAddress()
    {
        var count = candidates.Count;
        if (keys.Length < count)
            (keys, order) = (new UInt128[candidates.Capacity], new int[candidates.Capacity]);
        for (var i = 0; i < count; i++)
            (keys[i], order[i]) = (candidates[i].Target.Address.Value, i);
        keys.AsSpan(0, count).Sort(order.AsSpan(0, count));
        sorted.Clear();
        foreach (var index in order.AsSpan(0, count))
            sorted.Add(candidates[index]);
        (candidates, sorted) = (sorted, candidates);
    }

    /// <summary>Puts those of one address in order. Slices overlap while they are rewritten: of doubles the first counts.</summary>
    private void RemoveDoubles()
    {
        var kept = 0;
        var all = CollectionsMarshal.AsSpan(candidates);
        for (int first = 0, end; first < all.Length; first = end)
        {
            end = first + 1;
            while (end < all.Length && all[end].Target.Address == all[first].Target.Address)
                end++;
            if (end - first > 1)
                all[first..end].Sort(ByTarget);
            for (var i = first; i < end; i++)
            {
                if (i == first || all[i].Target != all[kept - 1].Target)
                    all[kept++] = all[i];
            }
        }

        candidates.RemoveRange(kept, candidates.Count - kept);
    }

    // Of doubles a local one comes first; all else only makes the order independent of which slice came first.
    private static int ByTarget(Candidate a, Candidate b)
    {
        if (a.Target.CompareTo(b.Target) is var byTarget and not 0)
            return byTarget;
        var byPlace = (b.Endpoint.Traits & EndpointTraits.Local).CompareTo(a.Endpoint.Traits & EndpointTraits.Local);
        var byTraits = byPlace != 0 ? byPlace : b.Endpoint.Traits.CompareTo(a.Endpoint.Traits);
        return byTraits != 0 ? byTraits : a.Endpoint.Zones.AsSpan().SequenceCompareTo(b.Endpoint.Zones);
    }

    private bool Any(Func<EndpointRecord, bool> condition)
    {
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(candidates))
        {
            if (condition(candidate.Endpoint))
                return true;
        }

        return false;
    }

    private ImmutableArray<ProxyEndpoint> Where(Func<EndpointRecord, bool> condition)
    {
        chosen.Clear();
        foreach (ref readonly var candidate in CollectionsMarshal.AsSpan(candidates))
        {
            if (condition(candidate.Endpoint))
                chosen.Add(new ProxyEndpoint(candidate.Target, candidate.Endpoint.Is(EndpointTraits.Remote)));
        }

        return [.. chosen];
    }
}
