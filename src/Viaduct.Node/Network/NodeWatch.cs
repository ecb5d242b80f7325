using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network;

/// <summary>
/// What routes need to know of all Nodes, and a signal when that changes. Nothing else of a Node is kept: labels, conditions and images of thousands take memory,
/// and most changes, such as a kubelet's heartbeat, are of them.
/// </summary>
public sealed class NodeWatch
{
    private readonly Copy _copy = new();
    private readonly Reflector<KubeNode> _reflector;

    public NodeWatch(IKubeApi api, ILogger log) => _reflector = new Reflector<KubeNode>(api, ListQuery.All, _copy, log);

    /// <summary>Calls <paramref name="handler"/> with the name of each node that changes, beginning with the first list; before <see cref="RunAsync"/>. It must not block.</summary>
    public void OnChange(Action<string> handler) => _copy.Handlers.Add(handler);

    /// <summary>Completes at the next change. Take it before reading <see cref="Nodes"/>, so that nothing is missed.</summary>
    public Task Changed => _copy.Changed;

    /// <summary>Completes when the first list has arrived.</summary>
    public Task Synced => _reflector.Synced;

    public IReadOnlyCollection<PeerNode> Nodes => _copy.All();

    public PeerNode? Find(string name) => _copy.Find(name);

    public Task RunAsync(CancellationToken cancellation) => _reflector.RunAsync(cancellation);

    /// <summary>A list takes effect when it is complete, and at once: what moved from one node to another meanwhile is never seen with both.</summary>
    private sealed class Copy : IReflectorConsumer<KubeNode>
    {
        private readonly Lock _lock = new();
        private Dictionary<string, PeerNode> _nodes = new(StringComparer.Ordinal);
        private Dictionary<string, PeerNode>? _arriving;
        private TaskCompletionSource _changed = NewSignal();

        public List<Action<string>> Handlers { get; } = [];

        public Task Changed => Volatile.Read(ref _changed).Task;

        public IReadOnlyCollection<PeerNode> All()
        {
            lock (_lock)
                return [.. _nodes.Values];
        }

        public PeerNode? Find(string name)
        {
            lock (_lock)
                return _nodes.GetValueOrDefault(name);
        }

        public void BeginReplace() => _arriving = new(StringComparer.Ordinal);

        public void Set(KubeNode value)
        {
            var node = PeerNode.From(value);
            if (_arriving is not null)
                _arriving[node.Name] = node;
            else
                Put(node);
        }

        public void Remove(KubeNode value)
        {
            var name = value.Metadata.Name ?? "";
            // A streamed list may tell of a node that goes before the list is complete.
            if (_arriving is not null)
                _arriving.Remove(name);
            else if (Without(name))
                Tell(name);
        }

        public void EndReplace()
        {
            var now = _arriving!;
            _arriving = null;
            var changed = _nodes.Keys.Where(name => !now.ContainsKey(name))
                .Concat(now.Values.Where(n => !(_nodes.TryGetValue(n.Name, out var old) && n.IsLike(old))).Select(n => n.Name)).ToArray();
            lock (_lock)
                _nodes = now;
            Tell(changed);
        }

        private void Put(PeerNode node)
        {
            lock (_lock)
            {
                if (_nodes.TryGetValue(node.Name, out var old) && node.IsLike(old))
                    return;
                _nodes[node.Name] = node;
            }
            Tell(node.Name);
        }

        private bool Without(string name)
        {
            lock (_lock)
                return _nodes.Remove(name);
        }

        private void Tell(params string[] names)
        {
            if (names.Length == 0)
                return;
            Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
            foreach (var handler in Handlers)
            {
                foreach (var name in names)
                    handler(name);
            }
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
