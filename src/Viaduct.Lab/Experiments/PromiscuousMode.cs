using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>The host is itself a virtual machine: its hypervisor delivers only what is for the card's own hardware address, unless told otherwise.</summary>
internal sealed class PromiscuousMode : Experiment
{
    private const string Request = "ARP, Request who-has 192.168.3.1 tell 192.168.3.102", Reply = $"ARP, Reply 192.168.3.1 is-at {PhysicalNetwork.GatewayMac}";

    public override string Name => "promiscuous-mode";

    public override LocalizedText Title => new("A bridge inside a virtual machine: promiscuous mode", "虚拟机里的网桥：混杂模式");

    public override LocalizedText Introduction => new(
        "When the host with the bridge is a virtual machine, its eth0 hangs on a switch of the hypervisor. That switch knows one hardware address for it, and delivers nothing else. "
        + "What is for veth1 behind the bridge never arrives.",
        "如果带网桥的主机本身是一台虚拟机，它的 eth0 就连在虚拟化软件的交换机上。这个交换机只知道它的一个 MAC 地址，别的都不送来。发给网桥后面 veth1 的数据到不了这里。");

    public override string Essential => "the hypervisor's filter";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        classic.ConnectVeth();
        await lab.StepAsync(new("Attach eth0 to br0, and look at it.", "将 eth0 添加到 br0，然后查看 eth0。"), () => Attach(lab, classic));
        await lab.StepAsync(new("The hypervisor's switch delivers to eth0 only what is for its own hardware address.", "虚拟化软件的交换机只把目的地址是 eth0 自己 MAC 的帧送给它。"), () => FilterAsync(lab, classic));
        await lab.StepAsync(new("Allow promiscuous mode in the hypervisor.", "在虚拟化软件中打开混杂模式。"), () => AllowAsync(classic));
    }

    private static void Attach(LabRun lab, ClassicHost classic)
    {
        var host = classic.Host;
        lab.Holds(new("Before, eth0 took in only frames for itself.", "之前，eth0 只接收发给自己的帧。"), host.Link("eth0").Promiscuity == 0, Shown(host));
        host.SetMaster("eth0", "br0");
        lab.Holds(
            new("Now it takes in all: the bridge made it promiscuous by itself, nobody has to (ip -d link show eth0).", "现在它接收所有的帧：网桥自动把它设为混杂模式，不需要手动设置（ip -d link show eth0）。"),
            host.Link("eth0").Promiscuity == 1,
            Shown(host));
        host.DeleteAddress("eth0", "192.168.3.21/24");
        host.AddDefaultRoute(PhysicalNetwork.GatewayAddress);
        lab.Draw(host);
    }

    private static async Task FilterAsync(LabRun lab, ClassicHost classic)
    {
        lab.Given("the hypervisor's filter", () =>
        {
            classic.Network.Switch.AddStaticEntry(ClassicHost.SwitchPort, ClassicHost.EthMac);
            classic.Network.Switch.SetPort(ClassicHost.SwitchPort, new LinkChange { Learning = false, UnicastFlood = false });
        });
        var (card, gateway) = (classic.Host.Capture("eth0"), classic.Network.Gateway.Capture("eth0"));
        await classic.Host.PingFailsAsync(PhysicalNetwork.GatewayAddress, new("The ping fails.", "ping 失败。"), from: "veth1");
        await lab.ShowsAsync(new("The gateway got the question, which is for all, and answered veth1.", "网关收到了广播的 ARP 请求，并且应答了 veth1。"), gateway, "ARP", Request, Reply);
        await lab.ShowsAsync(new("On eth0 there is only the question: the answer did not come through the hypervisor's switch.", "eth0 上只有请求：应答没有通过虚拟化软件的交换机。"), card, "ARP", Request);
        lab.Disagrees(
            new("eth0 drops the frames unless it is in promiscuous mode.", "eth0 不在混杂模式时会丢掉这些数据包。"),
            new("eth0 has been in promiscuous mode since it joined br0; the frames do not even reach it.", "eth0 自从加入 br0 就处于混杂模式；这些帧根本没有到达它。"),
            new(
                "Joining sets it (br_manage_promisc in net/bridge/br_if.c); what has to be set is the port of the switch outside, in the hypervisor.",
                "加入网桥时内核会自动设置（net/bridge/br_if.c 的 br_manage_promisc）；需要设置的是外面的交换机端口，也就是虚拟化软件的配置。"));
    }

    private static Task AllowAsync(ClassicHost classic)
    {
        classic.Network.Switch.SetPort(ClassicHost.SwitchPort, new LinkChange { UnicastFlood = true });
        classic.Host.ForgetNeighbors("veth1");
        return classic.Host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("veth1 reaches the gateway.", "veth1 可以到达网关。"), from: "veth1");
    }

    private static string Shown(LabHost host) => $"promiscuity {host.Link("eth0").Promiscuity}";
}
