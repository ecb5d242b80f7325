using System.Net;

namespace Viaduct.Lab.Drawing;

/// <summary>What the kernel told of some network namespaces, at one time. Immutable.</summary>
/// <param name="Namespaces">Those, in the order of drawing.</param>
public sealed record NetworkView(IReadOnlyList<NamespaceView> Namespaces)
{
    public NamespaceView? Find(string name) => Namespaces.FirstOrDefault(n => n.Name == name);
}

/// <summary>One network namespace.</summary>
public sealed record NamespaceView
{
    /// <summary>Unique in its view.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<DeviceView> Devices { get; init; }

    /// <summary>Routes of the main table as <c>ip route</c> prints them; empty unless asked for.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>How many namespaces this one stands for; more than 1 after folding.</summary>
    public int Count { get; init; } = 1;

    public DeviceView? Find(string device) => Devices.FirstOrDefault(d => d.Name == device);
}

/// <summary>One network device.</summary>
public sealed record DeviceView
{
    public required string Name { get; init; }

    /// <summary>As <c>ip -d link</c> names it: bridge, veth, vxlan, tun, macvlan ...; null is a device that no software made.</summary>
    public string? Kind { get; init; }

    public string? Mac { get; init; }

    public int Mtu { get; init; }

    public bool IsUp { get; init; }

    /// <summary>Up, and the other end too.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>Without link-local IPv6 ones.</summary>
    public IReadOnlyList<AddressView> Addresses { get; init; } = [];

    /// <summary>The bridge that it is a port of.</summary>
    public string? Master { get; init; }

    /// <summary>The other end of a veth pair, or of a virtual machine's card and its tap device, where it is in the view.</summary>
    public DeviceName? Peer { get; init; }

    /// <summary>The device beneath one such as a macvlan, where it is in the view.</summary>
    public DeviceName? Lower { get; init; }

    /// <summary>How many devices this one stands for; more than 1 after folding.</summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// Whether frames leave the picture through it: a network card, or a pair, or a macvlan, whose other end is not in the view.
    /// </summary>
    public bool LeadsOut => Peer is null && Kind switch
    {
        null => Mac is not null,
        "veth" => true,
        "macvlan" or "macvtap" or "ipvlan" => Lower is null,
        _ => false,
    };
}

/// <summary>An address and the length of its network's prefix.</summary>
public sealed record AddressView(IPAddress Address, int PrefixLength)
{
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>A device of a namespace of the view.</summary>
public sealed record DeviceName(string Namespace, string Device)
{
    public override string ToString() => $"{Namespace}/{Device}";
}
