using Viaduct.Lab.Engine;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Network;

/// <summary>
/// What an experiment's hosts are plugged into: a switch with the gateway 192.168.3.1 of the network 192.168.3.0/24, behind which another host is
/// outside, 203.0.113.10. It is made before the first step.
/// </summary>
public sealed class PhysicalNetwork
{
    public const string GatewayAddress = "192.168.3.1";
    public const string OutsideAddress = "203.0.113.10";
    public const string GatewayMac = "02:00:00:00:03:01";

    private const string Bridge = "switch";

    private readonly LabHost ethernet;
    private int ports;

    public PhysicalNetwork(LabRun lab)
    {
        ethernet = lab.AddHost("switch");
        Gateway = lab.AddHost("gateway");
        Outside = lab.AddHost("outside");
        ethernet.AddBridge(Bridge);
        // A plain switch: what snoops speaks IGMP itself, from time to time.
        ethernet.SetBridge(Bridge, new BridgeChange { MulticastSnooping = false });
        ethernet.SetUp(Bridge);
        Plug(Gateway, "eth0", GatewayMac, $"{GatewayAddress}/24");
        ConnectOutside();
        Outside.AddDefaultRoute("203.0.113.1");
    }

    public LabHost Gateway { get; }

    public LabHost Outside { get; }

    /// <summary>Gives a host a network card on the switch.</summary>
    /// <param name="host">Which host.</param>
    /// <param name="card">The card's name.</param>
    /// <param name="mac">Its hardware address.</param>
    /// <param name="address">Its address and prefix length; null for none.</param>
    public void Plug(LabHost host, string card, string mac, string? address = null)
    {
        var port = $"port{++ports}";
        host.AddCard(card);
        // The switch's ports have high hardware addresses, so that they are never mixed up with those of hosts.
        ethernet.AddVeth(port, card, $"02:ff:00:00:00:{ports:x2}", mac, host);
        ethernet.SetMaster(port, Bridge);
        ethernet.SetUp(port);
        host.SetUp(card);
        if (address is not null)
            host.AddAddress(card, address);
    }

    /// <summary>The switch itself: its port N belongs to the Nth card that was plugged in (the gateway has the first).</summary>
    public LabHost Switch => ethernet;

    private void ConnectOutside()
    {
        Gateway.AddVeth("eth1", "eth0", "02:00:00:00:71:01", "02:00:00:00:71:0a", Outside);
        Gateway.AddAddress("eth1", "203.0.113.1/24");
        Gateway.SetUp("eth1");
        Gateway.SetSysctl("net.ipv4.ip_forward", "1");
        Outside.AddAddress("eth0", $"{OutsideAddress}/24");
        Outside.SetUp("eth0");
    }
}
