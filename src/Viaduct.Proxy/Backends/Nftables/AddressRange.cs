using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Addresses from the first to the last, both included.</summary>
internal readonly record struct AddressRange(PackedAddress First, PackedAddress Last)
{
    public static AddressRange Of(IPNetwork network)
    {
        var last = network.BaseAddress.GetAddressBytes();
        for (var bit = network.PrefixLength; bit < last.Length * 8; bit++)
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return new(PackedAddress.From(network.BaseAddress), PackedAddress.Read(last));
    }

    /// <summary>The ranges of the networks of one family, in order. The kernel refuses ranges that overlap, so one inside another is left out.</summary>
    public static ImmutableArray<AddressRange> Of(IEnumerable<IPNetwork> networks, IPFamily family)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>();
        foreach (var range in networks.Where(n => n.BaseAddress.AddressFamily == family.ToAddressFamily()).Select(Of).OrderBy(r => r.First).ThenByDescending(r => r.Last))
        {
            if (ranges.Count == 0 || range.First > ranges[^1].Last)
                ranges.Add(range);
        }

        return ranges.ToImmutable();
    }

    /// <summary>The ranges that starts and ends stand for, in order, an end before a start at the same address. Null if they are none that we write.</summary>
    public static ImmutableArray<AddressRange>? FromBounds(IReadOnlyList<(PackedAddress Address, bool IsStart)> bounds, IPFamily family)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>();
        for (var i = 0; i < bounds.Count; i++)
        {
            if (!bounds[i].IsStart)
                continue;
            var last = i + 1 < bounds.Count ? Before(bounds[i + 1].Address) : Highest(family);
            if (last < bounds[i].Address)
                return null;
            ranges.Add(new(bounds[i].Address, last));
        }

        return ranges.ToImmutable();
    }

    private static PackedAddress Highest(IPFamily family)
    {
        var bytes = new byte[TableKeys.AddressLength(family)];
        Array.Fill(bytes, byte.MaxValue);
        return PackedAddress.Read(bytes);
    }

    private static PackedAddress Before(PackedAddress address)
    {
        var bytes = address.ToIPAddress().GetAddressBytes();
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            if (bytes[i]-- != 0)
                break;
        }

        return PackedAddress.Read(bytes);
    }

    /// <summary>The address after the last; null when there is none.</summary>
    public PackedAddress? End
    {
        get
        {
            var bytes = Last.ToIPAddress().GetAddressBytes();
            for (var i = bytes.Length - 1; i >= 0; i--)
            {
                if (++bytes[i] != 0)
                    return PackedAddress.Read(bytes);
            }

            return null;
        }
    }

    /// <summary>As a network if it is one, otherwise as <c>FIRST-LAST</c>.</summary>
    public override string ToString()
    {
        var first = First.ToIPAddress();
        for (var length = 0; length <= First.Length * 8; length++)
        {
            if (IPNetwork.TryParse($"{first}/{length}", out var network) && Of(network) == this)
                return network.ToString();
        }

        return $"{First}-{Last}";
    }
}

/// <summary>Clients that may use a load balancer's frontend.</summary>
internal readonly record struct SourceRange(Frontend Frontend, AddressRange Range);

/// <summary>An endpoint that an affinity entry may lead to.</summary>
/// <param name="IsLocal">For clients from elsewhere under externalTrafficPolicy Local.</param>
/// <param name="Protocol">The protocol of the Service port.</param>
/// <param name="Id">The number of the Service port.</param>
/// <param name="Target">The endpoint.</param>
internal readonly record struct AffinityTarget(bool IsLocal, TransportProtocol Protocol, uint Id, EndpointAddress Target)
{
    public TableSet Set => IsLocal ? TableSet.LocalAffinityEndpoints : TableSet.AffinityEndpoints;
}
