using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// Who owns which blocks of the Pod CIDRs: one of each family for each node. A block that two nodes claim is told, and is given to nobody
/// until both have let go of it. Not for concurrent use.
/// </summary>
public sealed class NodeCidrOwners(IReadOnlyList<NodeCidrAllocator> ranges)
{
    private readonly Dictionary<string, IReadOnlyList<IPNetwork>> _owned = new(StringComparer.Ordinal);

    /// <summary>Claimants of each block of an allocator, the first one first.</summary>
    private readonly Dictionary<IPNetwork, List<string>> _claims = [];

    public IReadOnlyList<NodeCidrAllocator> Ranges => ranges;

    /// <summary>What an owner has; null when it has nothing.</summary>
    public IReadOnlyList<IPNetwork>? Of(string owner) => _owned.GetValueOrDefault(owner);

    /// <summary>Gives an owner without blocks one of each range, or nothing at all: then <paramref name="exhausted"/> is a range without a free block.</summary>
    public IReadOnlyList<IPNetwork>? Assign(string owner, out NodeCidrAllocator? exhausted)
    {
        exhausted = ranges.FirstOrDefault(r => r.Free == 0);
        if (exhausted is not null)
            return null;
        IReadOnlyList<IPNetwork> blocks = [.. ranges.Select(r => r.Allocate()!.Value)];
        foreach (var block in blocks)
            _claims.Add(block, [owner]);
        return _owned[owner] = blocks;
    }

    /// <summary>
    /// Notes that an owner has these blocks already, instead of what it had before. Answers what is wrong with them, as sentences without
    /// a subject: a block that is none of ours, or that another owner has, too.
    /// </summary>
    public IReadOnlyList<string> Adopt(string owner, IReadOnlyList<IPNetwork> blocks)
    {
        if (_owned.TryGetValue(owner, out var before) && before.SequenceEqual(blocks))
            return [];
        Release(owner);
        _owned[owner] = blocks;
        return [.. blocks.Select(b => Claim(owner, b)).OfType<string>()];
    }

    /// <summary>Takes an owner's blocks away; false when no block became free by that.</summary>
    public bool Release(string owner)
    {
        if (!_owned.Remove(owner, out var blocks))
            return false;
        var isAnyFree = false;
        foreach (var (range, block) in blocks.SelectMany(Touched))
            isAnyFree |= Unclaim(owner, range, block);
        return isAnyFree;
    }

    private string? Claim(string owner, IPNetwork block)
    {
        string? problem = null;
        foreach (var (range, touched) in Touched(block).ToList())
        {
            if (range.Reserve(touched) == Reservation.Reserved)
                _claims.Add(touched, [owner]);
            else
                problem ??= Join(owner, block, touched);
        }
        return problem ?? (ranges.Any(r => r.NodeMask == block.PrefixLength && r.PodCidr.Contains(block)) ? null : $"{block}, which is no {Blocks}");
    }

    private string? Join(string owner, IPNetwork block, IPNetwork touched)
    {
        var claimants = _claims[touched];
        var other = claimants.FirstOrDefault(c => c != owner);
        if (!claimants.Contains(owner))
            claimants.Add(owner);
        if (other is null)
            return null;
        return touched == block ? $"{block}, which node {other} has too; delete one of the nodes" : $"{block}, which shares {touched} with node {other}; delete one of the nodes";
    }

    private bool Unclaim(string owner, NodeCidrAllocator range, IPNetwork block)
    {
        if (!_claims.TryGetValue(block, out var claimants) || !claimants.Remove(owner) || claimants.Count > 0)
            return false;
        _claims.Remove(block);
        return range.Release(block);
    }

    private string Blocks => string.Join(" and no ", ranges.Select(r => $"/{r.NodeMask} block of podCidr {r.PodCidr}"));

    private IEnumerable<(NodeCidrAllocator Range, IPNetwork Block)> Touched(IPNetwork block) => ranges.SelectMany(r => r.BlocksOf(block).Select(b => (r, b)));
}
