using System.Net;
using Viaduct.Addressing;
using Viaduct.Kube.Objects;

namespace Viaduct.Controllers.NodeIpam;

/// <summary>What is to be done about one node.</summary>
/// <param name="Assign">Write this block into the node.</param>
/// <param name="Freed">A block became free: others may be waiting for one.</param>
/// <param name="Exhausted">There is no block left for the node.</param>
/// <param name="Problem">A sentence for the user, or null.</param>
public sealed record NodeBlockDecision(IPNetwork? Assign = null, bool Freed = false, bool Exhausted = false, string? Problem = null);

/// <summary>Who owns which block of the Pod CIDR. Not for concurrent use.</summary>
public sealed class NodeBlocks(NodeCidrAllocator allocator)
{
    private readonly Dictionary<string, IPNetwork> _owned = new(StringComparer.Ordinal);

    /// <summary>Decides for a node as it is now; <paramref name="node"/> is null when it is gone.</summary>
    public NodeBlockDecision Decide(string name, Node? node)
    {
        if (node is null)
            return new NodeBlockDecision(Freed: Forget(name));
        if (node.Spec?.PodCIDR is { } text)
            return Keep(name, text);
        if (_owned.TryGetValue(name, out var owned))
            return new NodeBlockDecision(owned); // written before, but the write or the node was lost
        if (allocator.Allocate() is not { } block)
            return new NodeBlockDecision(Exhausted: true, Problem: allocator.ExhaustedMessage);
        _owned[name] = block;
        return new NodeBlockDecision(block);
    }

    /// <summary>Frees the node's block; false when it had none.</summary>
    public bool Forget(string name) => _owned.Remove(name, out var block) && allocator.Release(block);

    private NodeBlockDecision Keep(string name, string text)
    {
        if (!Ipv4.TryParseCidr(text, out var block, out var problem))
            return new NodeBlockDecision(Problem: $"Node {name}: spec.podCIDR {problem}.");
        if (_owned.TryGetValue(name, out var owned))
        {
            if (owned == block)
                return new NodeBlockDecision();
            Forget(name);
        }
        switch (allocator.Reserve(block))
        {
            case Reservation.Reserved:
                _owned[name] = block;
                return new NodeBlockDecision();
            case Reservation.Taken:
                var other = _owned.FirstOrDefault(o => o.Value == block).Key;
                return new NodeBlockDecision(Problem: $"Node {name} has spec.podCIDR {block}, which node {other} has too; delete one of the nodes.");
            default:
                return new NodeBlockDecision(Problem: $"Node {name} has spec.podCIDR {block}, which is no /{allocator.NodeMask} block of podCIDR {allocator.PodCidr}.");
        }
    }
}
