using System.Net;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// UDP flows that lead to endpoints which left. The kernel translates a flow by its first packet, and a UDP flow never ends as
/// long as its sender goes on: without help a DNS client would ask a dead server for ever.
/// </summary>
internal sealed class StaleFlows(ConntrackClient conntrack)
{
    // Those of plans whose flows could not be looked through yet.
    private readonly HashSet<Frontend> suspects = [];

    /// <summary>Notes which frontends a plan took endpoints from, or gave the first ones (flows from before were not translated).</summary>
    public void Note(TablePlan plan) => suspects.UnionWith(
        plan.Frontends.Where(f => f.RemovedSlots.Count > 0 || f.RemovedVerdict is null).Select(f => f.Frontend).Where(f => f.Protocol == TransportProtocol.Udp));

    /// <summary>Ends the stale flows of the noted frontends; returns how many.</summary>
    public int End(InstalledState installed)
    {
        if (suspects.Count == 0)
            return 0;
        var deleted = 0;
        foreach (var flow in conntrack.List((byte)TransportProtocol.Udp))
            deleted += IsStale(flow, installed) && conntrack.Delete(flow) ? 1 : 0;
        suspects.Clear();
        return deleted;
    }

    private bool IsStale(ConntrackFlow flow, InstalledState installed)
    {
        var port = (ushort)flow.Original.Destination.Port;
        var clusterIP = Frontend.ClusterIP(flow.Original.Destination.Address, TransportProtocol.Udp, port);
        if (suspects.Contains(clusterIP))
            return !LeadsTo(flow.Reply.Source, clusterIP, installed);

        // Port numbers of other hosts' services may equal ours; a flow that was not translated is none of ours.
        var nodePort = Frontend.NodePort(TransportProtocol.Udp, port);
        return suspects.Contains(nodePort) && flow.HasDestinationNat && !LeadsTo(flow.Reply.Source, nodePort, installed);
    }

    private static bool LeadsTo(IPEndPoint target, Frontend frontend, InstalledState installed) =>
        installed.Frontends.TryGetValue(frontend, out var there) && there.Slots.Contains(new EndpointAddress(target.Address, (ushort)target.Port));
}
