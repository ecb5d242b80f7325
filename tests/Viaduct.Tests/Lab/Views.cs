using System.Net;
using Viaduct.Lab.Drawing;

namespace Viaduct.Tests.Lab;

/// <summary>Short ways to write views.</summary>
internal static class Views
{
    public static NamespaceView Host(string name, params DeviceView[] devices) => new() { Name = name, Devices = devices };

    public static DeviceView Card(string name, params string[] addresses) => Device(name, null, addresses) with { Mac = "02:00:00:00:00:01" };

    public static DeviceView Device(string name, string? kind, params string[] addresses) => new()
    {
        Name = name,
        Kind = kind,
        IsUp = true,
        HasCarrier = true,
        Addresses = [.. addresses.Select(IPNetworkOf)],
    };

    public static DeviceView Veth(string name, string peer, params string[] addresses) =>
        Device(name, "veth", addresses) with { Peer = peer.Split('/') is [var ns, var device] ? new DeviceName(ns, device) : throw new FormatException(peer) };

    public static DeviceView On(this DeviceView device, string bridge) => device with { Master = bridge };

    private static AddressView IPNetworkOf(string text) => text.Split('/') is [var address, var length]
        ? new(IPAddress.Parse(address), int.Parse(length, System.Globalization.CultureInfo.InvariantCulture))
        : throw new FormatException(text);
}
