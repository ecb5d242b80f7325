using Microsoft.Extensions.Logging;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends;

/// <summary>
/// UDP flows that lead to endpoints which left. The kernel translates a flow by its first packet, and a UDP flow never ends as
/// long as its sender goes on: without help a DNS client would ask a dead server for ever. They are looked for on a task of its own, so that
/// no change waits for it.
/// </summary>
internal sealed class StaleFlows(ConntrackClient conntrack, IPFamily family, ILogger log)
{
    // The kernel walks all its flows for each question: for more frontends one question with all UDP flows as its answer is cheaper.
    private const int FewFrontends = 4;

    private readonly Lock gate = new();
    private Dictionary<Frontend, Func<EndpointAddress, bool>> suspects = [];
    private Task running = Task.CompletedTask;
    private long deleted;

    /// <summary>Flows ended so far.</summary>
    public long Deleted => Interlocked.Read(ref deleted);

    /// <summary>Completes when all flows of what was noted so far were looked at.</summary>
    public Task Idle
    {
        get
        {
            lock (gate)
                return running;
        }
    }

    /// <summary>Notes frontends that endpoints left, or that have their first ones (flows from before were not translated), with where they lead now.</summary>
    public void Note(IEnumerable<(Frontend Frontend, Func<EndpointAddress, bool> LeadsTo)> changed)
    {
        lock (gate)
        {
            foreach (var (frontend, leadsTo) in changed)
                suspects[frontend] = leadsTo;
            if (suspects.Count > 0 && running.IsCompleted)
                running = Task.Run(EndAll);
        }
    }

    private void EndAll()
    {
        while (Take() is { Count: > 0 } taken)
        {
            try
            {
                End(taken);
            }
            catch (Exception e) when (e is Linux.Netlink.NetlinkException or ObjectDisposedException)
            {
                // Flows that stay are cut by the sender's own time-out; the table is right anyway.
                Log.StaleFlowsFailed(log, e);
            }
        }
    }

    // Nobody else starts a task while this one runs; so the end must be decided under the lock.
    private Dictionary<Frontend, Func<EndpointAddress, bool>> Take()
    {
        lock (gate)
        {
            var taken = suspects;
            suspects = [];
            if (taken.Count == 0)
                running = Task.CompletedTask;
            return taken;
        }
    }

    private void End(Dictionary<Frontend, Func<EndpointAddress, bool>> taken)
    {
        var stale = new List<ConntrackFlow>();
        if (taken.Count > FewFrontends)
            Find(taken, All(), stale);
        else
        {
            foreach (var frontend in taken.Keys)
                Find(taken, Of(frontend), stale);
        }

        foreach (var flow in stale)
            Interlocked.Add(ref deleted, conntrack.Delete(flow) ? 1 : 0);
    }

    private void Find(Dictionary<Frontend, Func<EndpointAddress, bool>> taken, ConntrackFilter filter, List<ConntrackFlow> stale)
    {
        var before = stale.Count;
        conntrack.Read(filter, () => stale.RemoveRange(before, stale.Count - before), (in flow) =>
        {
            if (IsStale(flow, taken))
                stale.Add(flow.ToFlow());
        });
    }

    private ConntrackFilter All() => new(family.ToAddressFamily(), (byte)TransportProtocol.Udp);

    private ConntrackFilter Of(Frontend frontend) => All() with
    {
        OriginalDestination = frontend.IsNodePort ? null : frontend.Address.ToIPAddress(),
        OriginalDestinationPort = frontend.Port,
    };

    private static bool IsStale(in ConntrackFlowView flow, Dictionary<Frontend, Func<EndpointAddress, bool>> taken)
    {
        var port = flow.Original.DestinationPort;
        var target = new EndpointAddress(PackedAddress.Read(flow.Reply.Source), flow.Reply.SourcePort);
        if (taken.TryGetValue(Frontend.On(PackedAddress.Read(flow.Original.Destination), TransportProtocol.Udp, port), out var leadsTo))
            return !leadsTo(target);

        // Port numbers of other hosts' services may equal ours; a flow that was not translated is none of ours.
        return flow.HasDestinationNat && taken.TryGetValue(Frontend.NodePort(TransportProtocol.Udp, port), out leadsTo) && !leadsTo(target);
    }
}
