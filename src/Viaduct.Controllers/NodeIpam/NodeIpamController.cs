using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Addressing;
using Viaduct.Controllers.Shared;
using Viaduct.Kube.Api;
using Viaduct.Kube.Events;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.NodeIpam;

/// <summary>Gives every node its block of each Pod CIDR, once; the blocks of a node that is gone become free.</summary>
internal sealed class NodeIpamController
{
    private readonly IKubeApi _api;
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly ILogger _log;
    private readonly NodeBlocks _blocks;
    private readonly WorkQueue<string> _queue = new();

    public NodeIpamController(IKubeApi api, ClusterCache cache, EventRecorder events, NodeCidrOwners blocks, ILogger log)
    {
        (_api, _cache, _events, _log, _blocks) = (api, cache, events.As("node-ipam-controller"), log, new NodeBlocks(blocks));
        cache.Nodes.OnChange(change =>
        {
            if (change.Type != ChangeType.Updated || !(NodeBlocks.BlocksOf(change.New!) ?? []).SequenceEqual(NodeBlocks.BlocksOf(change.Old!) ?? []))
                _queue.Add(change.Value.Metadata.Name!);
        });
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        // Before anything is given: what the nodes have already, so that a restart gives nothing twice.
        foreach (var (node, decision) in _blocks.Restore(_cache.Nodes.Items.Values))
            Note(node, decision);
        await Reconciler.RunAsync(_queue, "node-ipam", 1, ReconcileAsync, _log, cancellation);
    }

    private async Task ReconcileAsync(string name, CancellationToken cancellation)
    {
        var node = _cache.Nodes.Find(null, name);
        var decision = _blocks.Decide(name, node);
        if (node is null)
        {
            if (decision.Freed)
                AddWaiting();
            return;
        }
        Note(node, decision);
        if (decision.Assign is not { } blocks)
            return;
        try
        {
            await _api.PatchAsync<Node>(null, name, Patch(blocks), null, cancellation);
        }
        catch (KubeApiException e) when (!e.IsTransient)
        {
            _blocks.Forget(name); // the node is gone, or has a block by now: the next look decides
            throw;
        }
    }

    private static JsonObject Patch(IReadOnlyList<IPNetwork> blocks) => new()
    {
        ["spec"] = new JsonObject { ["podCIDR"] = blocks[0].ToString(), ["podCIDRs"] = new JsonArray([.. blocks.Select(b => JsonValue.Create(b.ToString()))]) },
    };

    private void Note(Node node, NodeBlockDecision decision)
    {
        if (decision.Problem is null)
            return;
        Log.NodeBlock(_log, node.Metadata.Name, decision.Problem);
        _events.Warning(node, decision.Exhausted ? "CIDRNotAvailable" : "CIDRAssignmentFailed", decision.Problem);
    }

    private void AddWaiting()
    {
        foreach (var node in _cache.Nodes.Items.Values.Where(n => NodeBlocks.BlocksOf(n) is null))
            _queue.Add(node.Metadata.Name!);
    }
}
