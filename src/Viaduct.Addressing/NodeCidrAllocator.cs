using System.Collections;
using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// The blocks of the Pod CIDR, one per node. The search goes on after the last block given, so that a freed one is used again
/// last: routes to its former node have time to go. Safe for concurrent use.
/// </summary>
public sealed class NodeCidrAllocator
{
    private readonly BitArray _taken;
    private readonly Lock _lock = new();
    private int _next;

    /// <exception cref="AddressingException">The mask does not fit into the Pod CIDR.</exception>
    public NodeCidrAllocator(IPNetwork podCidr, int nodeMask)
    {
        if (nodeMask < podCidr.PrefixLength || nodeMask > 30)
            throw new AddressingException($"nodeMask: /{nodeMask} must be between /{podCidr.PrefixLength} (podCIDR {podCidr}) and /30.");
        if (nodeMask - podCidr.PrefixLength > 16)
            throw new AddressingException($"nodeMask: /{nodeMask} cuts podCIDR {podCidr} into more than 65536 blocks; use /{podCidr.PrefixLength + 16} or less.");
        PodCidr = podCidr;
        NodeMask = nodeMask;
        _taken = new BitArray((int)podCidr.BlockCount(nodeMask));
    }

    public IPNetwork PodCidr { get; }

    public int NodeMask { get; }

    /// <summary>How many nodes the Pod CIDR has room for.</summary>
    public int Capacity => _taken.Length;

    /// <summary>What to tell the user when <see cref="Allocate"/> finds nothing.</summary>
    public string ExhaustedMessage =>
        $"podCIDR {PodCidr} has {Capacity} {(Capacity == 1 ? "block" : "blocks")} of /{NodeMask} and all are in use: the node gets no pod addresses.";

    /// <summary>Takes this block, because a node has it already.</summary>
    public Reservation Reserve(IPNetwork block)
    {
        if (IndexOf(block) is not { } index)
            return Reservation.OutOfRange;
        lock (_lock)
        {
            if (_taken[index])
                return Reservation.Taken;
            _taken[index] = true;
            return Reservation.Reserved;
        }
    }

    /// <summary>Takes the next free block; null when all are taken.</summary>
    public IPNetwork? Allocate()
    {
        lock (_lock)
        {
            for (var i = 0; i < Capacity; i++)
            {
                var index = (_next + i) % Capacity;
                if (_taken[index])
                    continue;
                _taken[index] = true;
                _next = (index + 1) % Capacity;
                return PodCidr.BlockAt(NodeMask, index);
            }
            return null;
        }
    }

    /// <summary>Gives a block back; false when it was free.</summary>
    public bool Release(IPNetwork block)
    {
        if (IndexOf(block) is not { } index)
            return false;
        lock (_lock)
        {
            if (!_taken[index])
                return false;
            _taken[index] = false;
            return true;
        }
    }

    private int? IndexOf(IPNetwork block) =>
        block.PrefixLength == NodeMask && PodCidr.Contains(block) ? (int)(PodCidr.OffsetOf(block.BaseAddress) >> (32 - NodeMask)) : null;
}
