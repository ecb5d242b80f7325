using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Flows;

/// <summary>Which UDP flows a change may have made stale, and whether one of them is. Pure but for its own collection.</summary>
internal sealed class SuspectFlows
{
    private readonly HashSet<Frontend> frontends = [];
    private readonly HashSet<Frontend> newNodePorts = [];
    private ProxyState? state;

    /// <summary>Whether the flows of all frontends are suspect, and not only those of <see cref="Frontends"/>.</summary>
    public bool All { get; private set; }

    public IReadOnlyCollection<Frontend> Frontends => frontends;

    public bool IsEmpty => !All && frontends.Count == 0;

    /// <summary>Adds the UDP frontends of a step that endpoints left, or that are served only now: flows from before were not translated.</summary>
    public void Add(ProxyChange change, ProxyState before, ProxyState after)
    {
        state = after;
        foreach (var frontend in change.Frontends)
        {
            if (frontend.Protocol == TransportProtocol.Udp)
                Add(frontend, before.Serving(frontend)?.Port, after.Serving(frontend)?.Port);
        }
    }

    /// <summary>Suspects the flows of everything that is or was served.</summary>
    public void AddAll(ProxyState before, ProxyState after)
    {
        (state, All) = (after, true);
        foreach (var frontend in before.Claims.Keys)
        {
            if (frontend.Protocol == TransportProtocol.Udp && !after.Claims.ContainsKey(frontend))
                frontends.Add(frontend);
        }
    }

    /// <summary>Adds what another one suspects and takes the other's state as the newer.</summary>
    public void Add(SuspectFlows newer)
    {
        (state, All) = (newer.state ?? state, All || newer.All);
        frontends.UnionWith(newer.frontends);
        newNodePorts.UnionWith(newer.newNodePorts);
    }

    public bool IsStale(in ConntrackFlowView flow)
    {
        var frontend = Frontend.On(PackedAddress.Read(flow.Original.Destination), TransportProtocol.Udp, flow.Original.DestinationPort);
        if (Find(frontend) is var port && (port is not null || frontends.Contains(frontend)))
            return IsSuspect(frontend, port) && (port is null ? flow.HasDestinationNat : !Serves(port, flow));

        frontend = Frontend.NodePort(TransportProtocol.Udp, flow.Original.DestinationPort);
        port = Find(frontend);
        if (!IsSuspect(frontend, port) || (port is not null && Serves(port, flow)))
            return false;
        // Other hosts have ports of this number, too: a flow to one of them is only forgotten where its next packet makes the same one anew.
        return flow.HasDestinationNat || (port is not null && (All || newNodePorts.Contains(frontend)) && !flow.HasSourceNat);
    }

    private void Add(Frontend frontend, ServicePortState? before, ServicePortState? after)
    {
        var isNew = before is null || (before.ServingEndpoints.IsEmpty && after is { ServingEndpoints.IsEmpty: false });
        if (isNew && frontend.IsNodePort)
            newNodePorts.Add(frontend);
        if (isNew || after is null || Lost(before!, after))
            frontends.Add(frontend);
    }

    private static bool Lost(ServicePortState before, ServicePortState after)
    {
        if (before.ServingEndpoints == after.ServingEndpoints)
            return false;
        foreach (var endpoint in before.ServingEndpoints)
        {
            if (!after.Serves(endpoint.Target))
                return true;
        }

        return false;
    }

    private ServicePortState? Find(Frontend frontend) => state?.Serving(frontend)?.Port;

    private bool IsSuspect(Frontend frontend, ServicePortState? port) => (All && port is not null) || frontends.Contains(frontend);

    private static bool Serves(ServicePortState port, in ConntrackFlowView flow) =>
        port.Serves(new EndpointAddress(PackedAddress.Read(flow.Reply.Source), flow.Reply.SourcePort));
}
