using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Netlink;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Flows;

/// <summary>
/// Ends UDP flows that lead to endpoints which left. The kernel translates a flow by its first packet, and a UDP flow never ends as
/// long as its sender goes on: without help a DNS client would ask a dead server for ever. They are looked for on a task of its own, so that
/// no change waits for it.
/// </summary>
internal sealed class StaleFlows(ConntrackClient conntrack, IPFamily family, IProxyObserver observer, ILogger log)
{
    // The kernel walks all its flows for each question: for more frontends one question with all UDP flows as its answer is cheaper.
    private const int FewFrontends = 4;

    private readonly Lock gate = new();
    private SuspectFlows suspects = new();
    private Task running = Task.CompletedTask;

    /// <summary>Completes when all flows of what was noted so far were looked at.</summary>
    public Task Idle
    {
        get
        {
            lock (gate)
                return running;
        }
    }

    /// <summary>Notes a change that the kernel serves now.</summary>
    public void Note(ProxyChange change, ProxyState before, ProxyState after) => Note(s => s.Add(change, before, after));

    /// <summary>Notes a state that the kernel serves now, when flows to anything may be left from before.</summary>
    public void NoteAll(ProxyState before, ProxyState after) => Note(s => s.AddAll(before, after));

    private void Note(Action<SuspectFlows> add)
    {
        lock (gate)
        {
            add(suspects);
            if (!suspects.IsEmpty && running.IsCompleted)
                running = Task.Run(EndAll);
        }
    }

    private void EndAll()
    {
        while (Take() is { } taken)
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                var ended = End(taken);
                observer.FlowsReconciled(family, ended, Stopwatch.GetElapsedTime(began));
            }
            catch (Exception e) when (e is NetlinkException or ObjectDisposedException)
            {
                Log.StaleFlowsFailed(log, e);
                PutBack(taken);
                return;
            }
        }
    }

    // Nobody else starts a task while this one runs; so the end must be decided under the lock.
    private SuspectFlows? Take()
    {
        lock (gate)
        {
            if (suspects.IsEmpty)
            {
                running = Task.CompletedTask;
                return null;
            }

            var taken = suspects;
            suspects = new();
            return taken;
        }
    }

    /// <summary>They are looked at again with the next change.</summary>
    private void PutBack(SuspectFlows taken)
    {
        lock (gate)
        {
            taken.Add(suspects);
            suspects = taken;
            running = Task.CompletedTask;
        }
    }

    private int End(SuspectFlows taken)
    {
        var stale = new List<ConntrackFlow>();
        if (taken.All || taken.Frontends.Count > FewFrontends)
            Find(taken, All(), stale);
        else
        {
            foreach (var frontend in taken.Frontends)
                Find(taken, Of(frontend), stale);
        }

        return stale.Count(conntrack.Delete);
    }

    private void Find(SuspectFlows taken, ConntrackFilter filter, List<ConntrackFlow> stale)
    {
        var before = stale.Count;
        conntrack.Read(filter, () => stale.RemoveRange(before, stale.Count - before), (in flow) =>
        {
            if (taken.IsStale(flow))
                stale.Add(flow.ToFlow());
        });
    }

    private ConntrackFilter All() => new(family.ToAddressFamily(), (byte)TransportProtocol.Udp);

    private ConntrackFilter Of(Frontend frontend) => All() with
    {
        OriginalDestination = frontend.IsNodePort ? null : frontend.Address.ToIPAddress(),
        OriginalDestinationPort = frontend.Port,
    };
}
