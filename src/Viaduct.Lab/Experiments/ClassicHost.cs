using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>
/// The host of the chapter on bridges, 192.168.3.21 on a network with a gateway, at the beginning of one of its sections: also what earlier sections did is done
/// before the first step.
/// </summary>
internal sealed class ClassicHost
{
    public const string EthMac = "02:00:00:00:03:15", Veth0Mac = "02:00:00:00:00:10", Veth1Mac = "02:00:00:00:00:11";

    /// <summary>The port of the switch that eth0 is plugged in.</summary>
    public const string SwitchPort = "port2";

    public ClassicHost(LabRun lab)
    {
        Network = new PhysicalNetwork(lab);
        Host = lab.AddHost("host");
        Network.Plug(Host, "eth0", EthMac, "192.168.3.21/24");
        Host.AddDefaultRoute(PhysicalNetwork.GatewayAddress);
    }

    public PhysicalNetwork Network { get; }

    public LabHost Host { get; }

    /// <summary>br0 with the port veth0, whose other end veth1 has an address.</summary>
    public void ConnectVeth()
    {
        Host.AddBridge("br0");
        Host.SetUp("br0");
        Host.AddVeth("veth0", "veth1", Veth0Mac, Veth1Mac);
        Host.AddAddress("veth1", "192.168.3.102/24");
        Host.SetMaster("veth0", "br0");
        Host.SetUp("veth0");
        Host.SetUp("veth1");
    }

    /// <summary>br0 has 192.168.3.101.</summary>
    public void AddBridgeAddress() => Host.AddAddress("br0", "192.168.3.101/24");

    /// <summary>eth0 is a port of br0 and has no address; what leads out does so by br0.</summary>
    public void AttachCard()
    {
        Host.SetMaster("eth0", "br0");
        Host.DeleteAddress("eth0", "192.168.3.21/24");
        Host.AddDefaultRoute(PhysicalNetwork.GatewayAddress);
    }
}
