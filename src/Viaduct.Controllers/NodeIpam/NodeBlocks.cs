using System.Net;
using Viaduct.Addressing;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.NodeIpam;

/// <summary>What is to be done about one node.</summary>
/// <param name="Assign">Write these blocks into the node.</param>
/// <param name="Freed">A block became free: others may be waiting for one.</param>
/// <param name="Exhausted">There is no block left for the node.</param>
/// <param name="Problem">A sentence for the user, or null.</param>
public sealed record NodeBlockDecision(IReadOnlyList<IPNetwork>? Assign = null, bool Freed = false, bool Exhausted = false, string? Problem = null);

/// <summary>Decides which blocks of the Pod CIDRs a node gets, or keeps. Not for concurrent use.</summary>
public sealed class NodeBlocks(NodeCidrOwners owners)
{
    /// <summary>Takes over what the nodes have before anything is given: in the order in which they came, so that the next block is one behind the last.</summary>
    public IEnumerable<(Node Node, NodeBlockDecision Decision)> Restore(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes.Where(n => BlocksOf(n) is { Count: > 0 }).OrderBy(n => n.Metadata.CreationTimestamp).ThenBy(n => n.Metadata.Name, StringComparer.Ordinal))
        {
            yield return (node, Decide(node.Metadata.Name!, node));
            foreach (var range in owners.Ranges)
                (owners.Of(node.Metadata.Name!) ?? []).ToList().ForEach(range.ContinueAfter);
        }
    }

    /// <summary>Decides for a node as it is now; <paramref name="node"/> is null when it is gone.</summary>
    public NodeBlockDecision Decide(string name, Node? node)
    {
        if (node is null)
            return new NodeBlockDecision(Freed: Forget(name));
        if (BlocksOf(node) is { Count: > 0 } texts)
            return Keep(name, texts);
        if (owners.Of(name) is { } owned)
            return new NodeBlockDecision(owned); // written before, but the write or the node was lost
        return owners.Assign(name, out var exhausted) is { } blocks ? new NodeBlockDecision(blocks) : new NodeBlockDecision(Exhausted: true, Problem: exhausted!.ExhaustedMessage);
    }

    /// <summary>Frees the node's blocks; false when none became free.</summary>
    public bool Forget(string name) => owners.Release(name);

    /// <summary>What the node has; podCIDR is the first of podCIDRs, and older writers set it alone.</summary>
    internal static IReadOnlyList<string>? BlocksOf(Node node) =>
        node.Spec?.PodCIDRs is { Count: > 0 } all ? all : node.Spec?.PodCIDR is { Length: > 0 } one ? [one] : null;

    private NodeBlockDecision Keep(string name, IReadOnlyList<string> texts)
    {
        var blocks = new List<IPNetwork>();
        foreach (var text in texts)
        {
            if (!Cidr.TryParse(text, out var block, out var problem))
                return new NodeBlockDecision(Problem: $"Node {name}: spec.podCIDRs {problem}.");
            blocks.Add(block);
        }
        var problems = owners.Adopt(name, blocks);
        return new NodeBlockDecision(Problem: problems.Count == 0 ? null : string.Join(' ', problems.Select(p => $"Node {name} has pod block {p}.")));
    }
}
