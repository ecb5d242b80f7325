using Viaduct.Lab.Engine;
using Viaduct.Lab.Guests;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>Virtual machines on tap devices that are ports of a bridge: their frames pass the host, and its protocol stack does not see them.</summary>
internal sealed class VirtualMachines : Experiment
{
    private const string Mac1 = "02:00:00:00:03:66", Mac2 = "02:00:00:00:03:67", Address1 = "192.168.3.102", Address2 = "192.168.3.103";

    private static readonly string[] s_counters = ["IpInReceives", "IpForwDatagrams", "IpOutRequests"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public override string Name => "virtual-machines";

    public override LocalizedText Title => new("Virtual machines on a bridge", "虚拟机：tun/tap 设备连在网桥上");

    public override LocalizedText Introduction => new(
        "A tap device is a network card whose cable ends in a program: the hypervisor, which hands the frames to the card of its virtual machine. With the tap device and eth0 on one bridge, the machine is on the physical "
        + "network like any other. The machines here are small programs with a protocol stack of their own: ARP, IPv4, echo, UDP.",
        "tap 设备是一块网卡，它的网线另一端是一个程序：虚拟机管理软件，由它把帧交给虚拟机的网卡。tap 设备和 eth0 接在同一个网桥上，虚拟机就像别的机器一样连在物理网络上。"
        + "这里的虚拟机是带有自己协议栈（ARP、IPv4、echo、UDP）的小程序。");

    public override string Essential => "tap1 on br0";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [KernelFeature.ProbeTap()];

    public override async Task RunAsync(LabRun lab)
    {
        var network = new PhysicalNetwork(lab);
        var host = lab.AddHost("host");
        network.Plug(host, "eth0", ClassicHost.EthMac);
        Guest[] machines = [];
        await lab.StepAsync(new("Connect two virtual machines to a bridge, and the bridge to the physical network.", "把两台虚拟机连到网桥上，再把网桥连到物理网络。"), () =>
        {
            machines = Connect(lab, host);
            lab.Draw(machines, [host]);
        });
        var (packets, card) = (Ip(host), host.Capture("eth0"));
        await lab.StepAsync(new("The first machine pings the gateway, the outside and the second machine.", "第一台虚拟机 ping 网关、外网和第二台虚拟机。"), () => PingAsync(lab, machines[0], card));
        await lab.StepAsync(new("The outside sends a UDP datagram to the echo service of the first machine.", "外网向第一台虚拟机的 echo 服务发送一个 UDP 数据报。"), () => EchoAsync(lab, network));
        await lab.StepAsync(new("What did the host's protocol stack see of all that?", "主机的协议栈看到了什么？"), () => CountAsync(lab, host, packets, card));
    }

    private static Guest[] Connect(LabRun lab, LabHost host)
    {
        host.AddBridge("br0");
        // Without it the host sends IGMP messages of its own, which its stack would count.
        host.SetBridge("br0", new BridgeChange { MulticastSnooping = false });
        host.SetUp("br0");
        host.SetMaster("eth0", "br0");
        var machines = new[]
        {
            host.AddGuest("VirtualMachine1", "tap1", Mac1, $"{Address1}/24", PhysicalNetwork.GatewayAddress),
            host.AddGuest("VirtualMachine2", "tap2", Mac2, $"{Address2}/24", PhysicalNetwork.GatewayAddress),
        };
        lab.Given("tap1 on br0", () => host.SetMaster("tap1", "br0"));
        host.SetMaster("tap2", "br0");
        host.SetUp("tap1");
        host.SetUp("tap2");
        host.AddAddress("br0", "192.168.3.101/24");
        lab.Holds(new("The host is no router: ip_forward is 0.", "主机不是路由器：ip_forward 为 0。"), host.ReadSysctl("net.ipv4.ip_forward") == "0");
        return machines;
    }

    private static async Task PingAsync(LabRun lab, Guest machine, PacketCapture card)
    {
        await PingAsync(lab, machine, PhysicalNetwork.GatewayAddress, new("The gateway answers.", "网关有应答。"));
        await PingAsync(lab, machine, PhysicalNetwork.OutsideAddress, new("The outside answers, by way of the gateway.", "外网经由网关有应答。"));
        await PingAsync(lab, machine, Address2, new("The second machine answers.", "第二台虚拟机有应答。"));
        await lab.ShowsAsync(
            new("The first two went through eth0, with the machine's own addresses; the third stayed on the bridge.", "前两个经过 eth0，源地址是虚拟机自己的；第三个没有离开网桥。"),
            card,
            "ICMP",
            $"IP {Address1} > {PhysicalNetwork.GatewayAddress}: ICMP echo request, seq 1",
            $"IP {PhysicalNetwork.GatewayAddress} > {Address1}: ICMP echo reply, seq 1",
            $"IP {Address1} > {PhysicalNetwork.OutsideAddress}: ICMP echo request, seq 2",
            $"IP {PhysicalNetwork.OutsideAddress} > {Address1}: ICMP echo reply, seq 2");
        lab.Shows(
            new("Their hardware address is the machine's own, too.", "源 MAC 地址也是虚拟机自己的。"),
            [Mac1],
            card.Frames.Where(f => f.ToString().StartsWith($"IP {Address1} ", StringComparison.Ordinal)).Select(f => MacAddress.FromBytes(f.Bytes.Span[6..12]).ToString()).Distinct());
    }

    private static async Task PingAsync(LabRun lab, Guest machine, string target, LocalizedText why)
    {
        lab.Record(new CommandLine(machine.Name, $"ping -c 1 {target}"));
        lab.Holds(why, await machine.PingAsync(target, s_patience));
    }

    private static async Task EchoAsync(LabRun lab, PhysicalNetwork network) => lab.Holds(
        new("The machine sent it back.", "虚拟机把它送了回来。"), await network.Outside.EchoAsync(Address1, port: 7, "hello"));

    private static async Task CountAsync(LabRun lab, LabHost host, IReadOnlyList<string> before, PacketCapture card)
    {
        lab.Shows(new("Nothing: its counters are what they were (nstat -az).", "什么也没有：它的计数器没有变化（nstat -az）。"), before, Ip(host));
        await card.WaitForAsync(frames => Packets(frames) >= 6, s_patience);
        lab.Holds(new("Through eth0 went six packets: two questions, two answers, and the datagram to and fro.", "而经过 eth0 的有六个包：两个请求、两个应答，以及来回的数据报。"), Packets(card.Frames) == 6, $"{Packets(card.Frames)} packets");
    }

    private static int Packets(IReadOnlyList<CapturedFrame> frames) => frames.Count(f => f.ToString().StartsWith("IP ", StringComparison.Ordinal));

    private static IReadOnlyList<string> Ip(LabHost host) => [.. s_counters.Select(n => $"{n} {host.Counter(n)}")];
}
