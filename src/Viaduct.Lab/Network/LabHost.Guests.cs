using System.Net;
using Viaduct.Lab.Guests;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Network;

/// <content>Virtual machines.</content>
public sealed partial class LabHost
{
    /// <summary>Makes a tap device and a virtual machine behind it.</summary>
    /// <param name="name">The machine's name.</param>
    /// <param name="tap">The device's.</param>
    /// <param name="mac">The hardware address of the machine's card; the device here has another.</param>
    /// <param name="address">The machine's address and its network's length.</param>
    /// <param name="gateway">Where its other packets go.</param>
    public Guest AddGuest(string name, string tap, string mac, string address, string gateway)
    {
        Note($"ip tuntap add dev {tap} mode tap");
        var device = Namespace.Run(() => new TapDevice(tap));
        // Of tap devices, too, the hardware addresses are to be the same in every run.
        route.SetLink(Link(tap).Index, new LinkChange { Address = MacAddress.FromBytes([.. MacAddress.Parse(mac).ToBytes()[..5], 0xf0]) });
        Note($"qemu-system-x86_64 -nic tap,ifname={tap},mac={mac} ... # {name}, {address}");
        var network = address.Split('/');
        var stack = new GuestStack(MacAddress.Parse(mac), IPAddress.Parse(network[0]), int.Parse(network[1], System.Globalization.CultureInfo.InvariantCulture), IPAddress.Parse(gateway));
        return Own(new Guest(name, Name, tap, device, stack));
    }
}
