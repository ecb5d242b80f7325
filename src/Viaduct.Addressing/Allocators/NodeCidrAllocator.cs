using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// The blocks of one Pod CIDR, one for each node, in turn; a freed one is used again last: routes to its former node have time to go.
/// Who owns which block is the matter of <see cref="NodeCidrOwners"/>. Not for concurrent use.
/// </summary>
public sealed class NodeCidrAllocator
{
    /// <summary>More blocks than 2^16 no cluster has (kube-controller-manager, CIDRSetOutOfRange).</summary>
    public const int MostBits = 16;

    private readonly NextFitAllocator _blocks;

    /// <exception cref="AddressingException">The mask does not fit into the Pod CIDR.</exception>
    public NodeCidrAllocator(IPNetwork podCidr, int nodeMask)
    {
        var longest = podCidr.Bits() - 2;
        if (nodeMask < podCidr.PrefixLength || nodeMask > longest)
            throw new AddressingException($"nodeMask: /{nodeMask} must be between /{podCidr.PrefixLength} (podCidr {podCidr}) and /{longest}.");
        if (nodeMask - podCidr.PrefixLength > MostBits)
            throw new AddressingException($"nodeMask: /{nodeMask} cuts podCidr {podCidr} into more than 65536 blocks; use /{podCidr.PrefixLength + MostBits} or less.");
        PodCidr = podCidr;
        NodeMask = nodeMask;
        _blocks = new NextFitAllocator((int)podCidr.BlockCount(nodeMask));
    }

    public IPNetwork PodCidr { get; }

    public int NodeMask { get; }

    /// <summary>How many nodes the Pod CIDR has room for.</summary>
    public int Capacity => _blocks.Size;

    public int Free => _blocks.Free;

    /// <summary>What to tell the user when <see cref="Allocate"/> finds nothing.</summary>
    public string ExhaustedMessage =>
        $"podCidr {PodCidr} has {Capacity} {(Capacity == 1 ? "block" : "blocks")} of /{NodeMask} and all are in use: the node gets no pod addresses.";

    /// <summary>Takes this block, because a node has it already.</summary>
    public Reservation Reserve(IPNetwork block) =>
        IndexOf(block) is not { } index ? Reservation.OutOfRange : _blocks.Reserve(index) ? Reservation.Reserved : Reservation.Taken;

    /// <summary>Takes the next free block; null when all are taken.</summary>
    public IPNetwork? Allocate() => _blocks.Allocate() is { } index ? PodCidr.BlockAt(NodeMask, (uint)index) : null;

    /// <summary>Gives a block back; false when it was free.</summary>
    public bool Release(IPNetwork block) => IndexOf(block) is { } index && _blocks.Release(index);

    /// <summary>Goes on behind this block, which was given out last before a restart.</summary>
    public void ContinueAfter(IPNetwork block)
    {
        if (IndexOf(block) is { } index)
            _blocks.ContinueAfter(index);
    }

    /// <summary>The blocks that have an address in common with a range, which may be of any size.</summary>
    public IEnumerable<IPNetwork> BlocksOf(IPNetwork range)
    {
        if (Cidr.Overlap(PodCidr, range) is not { } shared)
            return [];
        if (shared.PrefixLength >= NodeMask)
            return [Cidr.Around(shared.BaseAddress, NodeMask)];
        return Enumerable.Range(0, (int)shared.BlockCount(NodeMask)).Select(i => shared.BlockAt(NodeMask, (uint)i));
    }

    private int? IndexOf(IPNetwork block) =>
        block.PrefixLength == NodeMask && PodCidr.Contains(block) ? (int)(PodCidr.OffsetOf(block.BaseAddress)!.Value >> (PodCidr.Bits() - NodeMask)) : null;
}
