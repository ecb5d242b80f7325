using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Informers;
using Viaduct.Linux;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;

namespace Viaduct.Node.Network.Routing;

/// <summary>
/// Keeps a machine's routes to the pods of all nodes: follows the Nodes, and the kernel, whose state it sets right as soon as that differs. One loop does
/// everything. A node's change is planned and made alone; after anything else the kernel is read and compared with what should be.
/// </summary>
public sealed class PodNetwork
{
    private readonly NodeWatch _nodes;
    private readonly IPlace _place;
    private readonly NetworkApplier _applier;
    private readonly RouteMonitor _monitor;
    private readonly byte _protocol;
    private readonly ILogger _log;
    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10));
    // More rounds than a flush of all routes of the largest cluster, one by one, can take.
    private readonly Pace _pace = new(10_000, TimeSpan.FromMilliseconds(200), TimeProvider.System);
    private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DesiredNetwork? _desired;
    private HashSet<string> _problems = [];
    private bool _isFought;

    /// <param name="nodes">Not yet running.</param>
    /// <param name="place">The machine.</param>
    /// <param name="client">In its network namespace.</param>
    /// <param name="monitor">In its network namespace, made before anything was read there, and without <paramref name="client"/>'s own changes.</param>
    /// <param name="protocol">The rtnetlink protocol number of our routes.</param>
    /// <param name="log">For people.</param>
    public PodNetwork(NodeWatch nodes, IPlace place, RouteClient client, RouteMonitor monitor, byte protocol, ILogger log)
    {
        (_nodes, _place, _monitor, _protocol, _log) = (nodes, place, monitor, protocol, log);
        _applier = new NetworkApplier(client, protocol);
        nodes.OnChange(name => _events.Writer.TryWrite(new Event(name, null)));
    }

    /// <summary>Completes when the routes to all nodes that are known have been set for the first time.</summary>
    public Task Applied => _applied.Task;

    /// <summary>Works until cancelled; the routes stay.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await _nodes.Synced.WaitAsync(cancellation);
        await Together.RunAsync(cancellation, ListenAsync, ReconcileAsync);
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        await foreach (var notice in _monitor.ReadAsync(cancellation))
            _events.Writer.TryWrite(new Event(null, notice));
    }

    private async Task ReconcileAsync(CancellationToken cancellation)
    {
        _events.Writer.TryWrite(Event.Repeat);
        var changed = new HashSet<string>(StringComparer.Ordinal);
        while (await _events.Reader.WaitToReadAsync(cancellation))
        {
            var everything = _desired is null;
            while (_events.Reader.TryRead(out var next))
            {
                if (next.Node is not null)
                    changed.Add(next.Node);
                everything |= next.Node is null ? IsDeviation(next.Notice) : next.Node == _place.NodeName;
            }
            if (everything)
                await KeepPaceAsync(cancellation);
            Try(everything, changed, cancellation);
            changed.Clear();
        }
    }

    private async Task KeepPaceAsync(CancellationToken cancellation)
    {
        var pause = _pace.Next();
        if (pause > TimeSpan.Zero && !_isFought)
            Log.RoutesFought(_log, _protocol);
        _isFought = pause > TimeSpan.Zero;
        await Task.Delay(pause, cancellation);
    }

    private bool IsDeviation(RouteNotice? notice) =>
        notice is null or { IsLost: true } || _place.IsMovedBy(notice) || (_desired?.IsContradictedBy(notice, _protocol) ?? true);

    private void Try(bool everything, HashSet<string> changed, CancellationToken cancellation)
    {
        if (!everything && changed.Count == 0)
            return;
        try
        {
            if (everything)
                ApplyAll();
            else
                ApplyNodes(changed);
            _backoff.Reset();
            if (_desired is not null)
                _applied.TrySetResult();
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            if (_backoff.IsFirst)
                Log.RoutesFailed(_log, e);
            _ = RepeatAsync(_backoff.Next(), cancellation);
        }
    }

    private async Task RepeatAsync(TimeSpan after, CancellationToken cancellation)
    {
        await Task.Delay(after, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _events.Writer.TryWrite(Event.Repeat);
    }

    private void ApplyNodes(HashSet<string> changed)
    {
        foreach (var name in changed)
            Apply(_desired!.Update(name, _nodes.Find(name)));
        Report(_desired!.Problems);
    }

    private void ApplyAll()
    {
        var self = _place.NodeName is { } name ? _nodes.Find(name) : null;
        var (position, problem) = _place.Locate(self);
        if (position is null)
        {
            _desired = null;
            Report([problem ?? ""]);
            return;
        }
        _desired = new DesiredNetwork(position, _nodes.Nodes.Where(n => n.Name != _place.NodeName));
        Apply(_desired.Compare(_applier.Read(position.Tunnel?.LinkIndex)));
        Report(_desired.Problems);
    }

    private void Apply(NetworkDiff diff)
    {
        if (diff.IsEmpty)
            return;
        _applier.Apply(diff);
        Log.RoutesChanged(_log, diff.Routes.Set.Count, diff.Routes.Delete.Count);
    }

    // Each problem is told once, and again when it comes back.
    private void Report(IEnumerable<string> problems)
    {
        var now = problems.ToHashSet();
        foreach (var problem in now.Where(p => !_problems.Contains(p)))
            Log.RoutesProblem(_log, problem);
        _problems = now;
    }

    private readonly record struct Event(string? Node, RouteNotice? Notice)
    {
        public static Event Repeat => default;
    }
}
