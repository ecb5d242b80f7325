using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Node.Network.Routing;

/// <summary>A node's end of the tunnels: one device for both families of pods, made as wanted and made anew when it is something else.</summary>
internal sealed class VxlanDevice(NetNamespace ns, RouteClient client, PodNetworkOptions options)
{
    /// <summary>
    /// From the node's name, so that it outlives the device and the agent: a hardware address that changes cuts the node off from all who still know the
    /// old one. Set when the device is made, it is also safe from systemd's MACAddressPolicy=persistent, which replaces only random ones.
    /// </summary>
    public MacAddress Address { get; } = AddressOf(options.NodeName);

    /// <summary>Brings the device to what it should be; nothing is done when it is so.</summary>
    public TunnelEnd Ensure(Underlay underlay, IReadOnlyList<IPNetwork> podCidrs)
    {
        var link = client.FindLink(options.TunnelName);
        if (link is not null && !IsRight(link, underlay))
        {
            client.DeleteLink(link.Index);
            link = null;
        }
        link ??= Create(underlay);
        var mtu = underlay.PodMtu(RouteBackend.Vxlan);
        if (link.Mtu != mtu || !link.IsUp)
            client.SetLink(link.Index, new LinkChange { Mtu = mtu, Up = true });
        EnsureAddresses(link.Index, podCidrs);
        return new TunnelEnd(link.Index, underlay.Address.AddressFamily);
    }

    /// <summary>Removes the device of an earlier run with another backend.</summary>
    public void Remove()
    {
        if (client.FindLink(options.TunnelName) is { Kind: "vxlan" } link)
            client.DeleteLink(link.Index);
    }

    private bool IsRight(LinkInfo link, Underlay underlay) =>
        link.Kind == "vxlan" && link.Address == Address && link.Vxlan == new VxlanInfo(options.Vni, options.VxlanPort, underlay.Address, underlay.Link.Index, Learning: false, OuterChecksum: false);

    private LinkInfo Create(Underlay underlay)
    {
        client.AddLink(new VxlanSpec
        {
            Name = options.TunnelName,
            Id = options.Vni,
            Port = options.VxlanPort,
            Local = underlay.Address,
            UnderlayIndex = underlay.Link.Index,
            Address = Address,
        });
        ns.Run(() =>
        {
            // The tunnel has no router and no neighbours but those that we write.
            foreach (var (name, value) in ((string, string)[])[("accept_ra", "0"), ("addr_gen_mode", "1"), ("accept_dad", "0")])
                WriteIfThere($"net/ipv6/conf/{options.TunnelName}/{name}", value);
            WriteIfThere($"net/ipv4/conf/{options.TunnelName}/rp_filter", "0");
            ChecksumOffload.Set(options.TunnelName, options.ChecksumOffload ?? ChecksumRule.IsOffloadSafe(Sysctl.Read("kernel.osrelease")));
        });
        return client.GetLink(options.TunnelName);
    }

    private static void WriteIfThere(string name, string value)
    {
        if (Sysctl.Exists(name))
            Sysctl.Write(name, value);
    }

    // The first address of the node's block is the source of what the node itself sends to pods elsewhere: their answers come back through a tunnel, too.
    private void EnsureAddresses(int link, IReadOnlyList<IPNetwork> podCidrs)
    {
        var wanted = podCidrs.Select(c => c.BaseAddress).ToList();
        var present = client.ListAddresses(link);
        foreach (var old in present.Where(a => !wanted.Contains(a.Address) && !a.Address.IsIPv6LinkLocal))
            client.DeleteAddress(new AddressSpec { LinkIndex = link, Address = old.Address, PrefixLength = old.PrefixLength });
        foreach (var address in wanted.Where(w => !present.Any(a => a.Address.Equals(w))))
            client.AddAddress(Spec(link, address));
    }

    private static AddressSpec Spec(int link, IPAddress address)
    {
        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        return new AddressSpec { LinkIndex = link, Address = address, PrefixLength = isIPv6 ? 128 : 32, SkipsDuplicateDetection = isIPv6 };
    }

    private static MacAddress AddressOf(string node)
    {
        Span<byte> bytes = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, Cni.Fnv.Hash("vtep of " + node));
        bytes[2] = (byte)((bytes[2] & 0xfc) | 0x02); // unicast, locally administered
        return MacAddress.FromBytes(bytes[2..]);
    }
}
