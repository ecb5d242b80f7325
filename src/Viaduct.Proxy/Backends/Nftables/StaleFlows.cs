using Microsoft.Extensions.Logging;
using Viaduct.Linux.Conntrack;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

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
    private Dictionary<Frontend, Suspect> suspects = [];
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
    public void Note(IEnumerable<(Frontend Frontend, Suspect Suspect)> changed)
    {
        lock (gate)
        {
            foreach (var (frontend, suspect) in changed)
                suspects[frontend] = suspect;
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
    private Dictionary<Frontend, Suspect> Take()
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

    private void End(Dictionary<Frontend, Suspect> taken)
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

    private void Find(Dictionary<Frontend, Suspect> taken, ConntrackFilter filter, List<ConntrackFlow> stale)
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

    private static bool IsStale(in ConntrackFlowView flow, Dictionary<Frontend, Suspect> taken)
    {
        var port = flow.Original.DestinationPort;
        var target = new EndpointAddress(PackedAddress.Read(flow.Reply.Source), flow.Reply.SourcePort);
        if (taken.TryGetValue(Frontend.On(PackedAddress.Read(flow.Original.Destination), TransportProtocol.Udp, port), out var suspect))
            return !suspect.LeadsTo(target);

        // Port numbers of other hosts' services may equal ours; a flow that was not translated is none of ours.
        return flow.HasDestinationNat && taken.TryGetValue(Frontend.NodePort(TransportProtocol.Udp, port), out suspect) && !suspect.LeadsTo(target);
    }
}

/// <summary>Where a frontend leads now, whoever asks.</summary>
internal readonly record struct Suspect(Slot[] Slots, Slot[] LocalSlots)
{
    public bool LeadsTo(EndpointAddress target) => Has(Slots, target) || Has(LocalSlots, target);

    private static bool Has(Slot[] slots, EndpointAddress target)
    {
        foreach (var slot in slots)
        {
            if (slot.Target == target)
                return true;
        }

        return false;
    }
}
