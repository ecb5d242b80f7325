using System.Net;
using Viaduct.Addressing;
using Viaduct.Cni.Types;

namespace Viaduct.Cni.HostLocal;

/// <summary>Hands out addresses round robin, so that one just freed is not used again at once: its old owner's connections and ARP entries need time to die.</summary>
internal static class HostLocalAllocator
{
    public static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Reserves one address of each range set. On failure nothing stays reserved.</summary>
    public static IReadOnlyList<CniIp> Allocate(HostLocalConfig config, Attachment attachment)
    {
        using var store = HostLocalStore.Open(config.NetworkDirectory, LockTimeout);
        if (store.FindIndexed(attachment) is { Count: > 0 } existing)
            throw new CniException(CniErrorCode.AlreadyAttached, $"{existing[0]} has been allocated to {attachment} already; run DEL before a second ADD");
        try
        {
            IReadOnlyList<CniIp> ips = [.. config.RangeSets.Select((set, i) => AllocateFrom(store, set, i, config.RequestedAddresses, attachment))];
            if (config.RequestedAddresses.FirstOrDefault(wanted => !ips.Any(ip => ip.Address.Equals(wanted))) is { } left)
                throw new CniException(CniErrorCode.AddressAllocation, $"requested address {left} cannot be given: another one of the same range set was requested, too");
            return ips;
        }
        catch
        {
            store.Release(attachment);
            throw;
        }
    }

    public static IReadOnlyList<IPAddress> Find(HostLocalConfig config, Attachment attachment)
    {
        using var store = HostLocalStore.OpenExisting(config.NetworkDirectory, LockTimeout);
        return store?.Find(attachment) ?? [];
    }

    public static void Release(HostLocalConfig config, Attachment attachment)
    {
        using var store = HostLocalStore.OpenExisting(config.NetworkDirectory, LockTimeout);
        store?.Release(attachment);
    }

    private static CniIp AllocateFrom(HostLocalStore store, IReadOnlyList<AddressRange> set, int index, IReadOnlyList<IPAddress> requested, Attachment attachment)
    {
        var wanted = requested.Where(address => set.Any(range => range.Contains(address))).ToList();
        foreach (var (range, candidate) in wanted.Count > 0 ? wanted.Select(a => (set.First(r => r.Contains(a)), a)) : Candidates(set, store.LastReserved(index)))
        {
            if (candidate.Equals(range.GatewayAddress) || !store.TryReserve(candidate, attachment))
                continue;
            store.SetLastReserved(index, candidate);
            return new CniIp(candidate, range.Subnet.PrefixLength, range.GatewayAddress);
        }
        throw new CniException(CniErrorCode.AddressAllocation, wanted.Count > 0
            ? $"requested address {wanted[0]} is in use"
            : $"no addresses available in range set {string.Join(", ", set)}; all are reserved in the address store");
    }

    // All addresses of the set once, beginning behind the last one handed out.
    internal static IEnumerable<(AddressRange Range, IPAddress Address)> Candidates(IReadOnlyList<AddressRange> set, IPAddress? last)
    {
        var start = last is null ? 0 : set.TakeWhile(range => !range.Contains(last)).Count() % set.Count;
        var first = set[start];
        var from = last is not null && first.Contains(last) ? last.ToNumber() + 1u : first.First;
        for (var number = from; number <= first.Last; number++)
            yield return (first, first.AddressOf(number));
        for (var i = 1; i < set.Count; i++)
        {
            var range = set[(start + i) % set.Count];
            for (var number = range.First; number <= range.Last; number++)
                yield return (range, range.AddressOf(number));
        }
        for (var number = first.First; number < from; number++)
            yield return (first, first.AddressOf(number));
    }
}
