using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>A bridge sends nothing back where it came from, unless the port is in hairpin mode; when a container's Service needs that.</summary>
internal sealed class Hairpin : Experiment
{
    private const string Service = "10.96.0.1", Question = "ARP, Request who-has 192.168.9.99 tell 192.168.9.2";

    public override string Name => "hairpin";

    public override LocalizedText Title => new("Back where it came from: hairpin mode", "从哪里来回哪里去：hairpin 模式");

    public override LocalizedText Introduction => new(
        "A switch never sends a frame out of the port that it came in by: who sent it has it already. A container that calls a Service and is itself chosen to answer may need just that.",
        "交换机从不把帧从它进来的端口再发出去：发送者已经有它了。但是当一个容器访问某个 Service、又恰好被选中来应答时，需要的可能正是这样。");

    public override string Essential => "hairpin on veth1";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe(), KernelFeature.ProbeBridgeNetfilter()];

    public override async Task RunAsync(LabRun lab)
    {
        var bridged = new BridgedContainers(lab, 2);
        var (host, container) = (bridged.Host, bridged.Containers[0]);
        await lab.StepAsync(new("container1 sends a frame to all.", "container1 发送一个广播帧。"), () => SendAsync(lab, bridged, comesBack: false));
        await lab.StepAsync(new("Once more, with veth1 in hairpin mode.", "打开 veth1 的 hairpin 模式，再发一次。"), async () =>
        {
            lab.Given("hairpin on veth1", () => host.SetPort("veth1", new LinkChange { HairpinMode = true }));
            await SendAsync(lab, bridged, comesBack: true);
            host.SetPort("veth1", new LinkChange { HairpinMode = false });
        });
        await lab.StepAsync(
            new("A Service 10.96.0.1 whose only backend is container1, called by container1; bridged packets do not pass iptables.", "Service 10.96.0.1 唯一的后端是 container1，由 container1 自己访问；网桥转发的包不经过 iptables。"),
            () => CallAsync(lab, host, container));
        await lab.StepAsync(new("The same when bridged packets pass iptables.", "网桥转发的包经过 iptables 时，再访问一次。"), () => CallBridgedAsync(lab, host, container));
    }

    private static async Task SendAsync(LabRun lab, BridgedContainers bridged, bool comesBack)
    {
        var (own, other) = (bridged.Containers[0].Capture("eth0"), bridged.Containers[1].Capture("eth0"));
        bridged.Containers[0].Send("eth0", Frame());
        await lab.ShowsAsync(new("container2 gets it.", "container2 收到了。"), other, "192.168.9.99", Question);
        // If it comes back it does so in the very same pass over the ports.
        await own.WaitForAsync(frames => Received(frames).Count > 0, TimeSpan.FromMilliseconds(comesBack ? 5000 : 200));
        lab.Shows(
            comesBack ? new("container1 gets its own frame back.", "container1 收到了自己发出的帧。") : new("To container1 nothing comes back.", "没有任何帧回到 container1。"),
            comesBack ? [Question] : [],
            Received(own.Frames));
    }

    private static async Task CallAsync(LabRun lab, LabHost host, LabHost container)
    {
        host.SetSysctl("net.bridge.bridge-nf-call-iptables", "0");
        host.SetSysctl("net.ipv4.ip_forward", "1");
        host.TranslateDestination(Service, BridgedContainers.AddressOf(1));
        host.MasqueradeLoop(BridgedContainers.AddressOf(1));
        await container.PingSucceedsAsync(Service, new(
            "It is answered, without hairpin mode: the host routes the packet, out of br0 instead of back by the port.", "不需要 hairpin 模式就有应答：主机对这个包做的是路由，从 br0 发出，而不是从原端口返回。"));
    }

    private static async Task CallBridgedAsync(LabRun lab, LabHost host, LabHost container)
    {
        host.SetSysctl("net.bridge.bridge-nf-call-iptables", "1");
        await container.PingFailsAsync(Service, new(
            "No answer: the address is translated within the bridge, and the frame would have to go back by veth1.", "没有应答：目的地址在网桥内部被转换，帧必须从 veth1 返回。"));
        host.SetPort("veth1", new LinkChange { HairpinMode = true });
        await container.PingSucceedsAsync(Service, new("With hairpin mode it is answered.", "打开 hairpin 模式后有应答。"));
        lab.Disagrees(
            new("A pod reaches itself by its Service only with hairpin mode.", "Pod 只有打开 hairpin 模式才能通过 Service 访问自己。"),
            new("Only if bridged packets pass iptables. Masquerading is needed in either case.", "只有网桥转发的包经过 iptables 时才需要。而 SNAT 无论如何都需要。"),
            new(
                "br_netfilter translates the address before the bridge chooses the port (br_nf_pre_routing_finish in net/bridge/br_netfilter_hooks.c); otherwise the stack routes the packet anew.",
                "br_netfilter 在网桥选择端口之前就转换了地址（net/bridge/br_netfilter_hooks.c 的 br_nf_pre_routing_finish）；否则由协议栈重新路由。"));
    }

    private static List<string> Received(IReadOnlyList<CapturedFrame> frames) =>
        [.. frames.Where(f => f.Direction != FrameDirection.Outgoing).Select(f => f.ToString()).Where(f => f == Question)];

    /// <summary>A question for an address that nobody has.</summary>
    private static byte[] Frame()
    {
        var frame = new byte[EthernetFrame.HeaderSize + ArpPacket.Size];
        var mac = MacAddress.Parse(BridgedContainers.MacOf(1));
        EthernetFrame.WriteHeader(frame, MacAddress.Parse("ff:ff:ff:ff:ff:ff"), mac, EtherType.Arp);
        new ArpPacket(false, mac, IPAddress.Parse(BridgedContainers.AddressOf(1)), default, IPAddress.Parse("192.168.9.99")).Write(frame.AsSpan(EthernetFrame.HeaderSize));
        return frame;
    }
}
