using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>Whether bridged packets pass the hooks of iptables is a setting; what depends on it.</summary>
internal sealed class BridgeNetfilter : Experiment
{
    private const string Setting = "net.bridge.bridge-nf-call-iptables", Service = "10.96.0.1";
    private const int Port = 80;

    public override string Name => "br-netfilter";

    public override LocalizedText Title => new("Bridged packets and iptables: br_netfilter", "网桥转发的包与 iptables:br_netfilter");

    public override LocalizedText Introduction => new(
        "iptables and nftables' ip tables belong to the IP layer, a bridge lies below it. Still the kernel can have bridged packets pass their hooks. That decides whether firewalls and "
        + "Services work between containers of one bridge.",
        "iptables 和 nftables 的 ip 表属于 IP 层，网桥在它下面。但是内核可以让网桥转发的包也经过它们的钩子。这决定了防火墙和 Service 在同一网桥的容器之间是否起作用。");

    public override string Essential => "bridge-nf-call-iptables";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe(), KernelFeature.ProbeBridgeNetfilter()];

    public override async Task RunAsync(LabRun lab)
    {
        var bridged = new BridgedContainers(lab, 2);
        var (host, caller) = (bridged.Host, bridged.Containers[0]);
        await lab.StepAsync(new("Drop what the host forwards from container1 to container2; bridged packets do not pass iptables.", "丢弃主机从 container1 转发到 container2 的包；网桥转发的包不经过 iptables。"), () => OffAsync(lab, host, caller));
        await lab.StepAsync(new("Have bridged packets pass iptables.", "让网桥转发的包经过 iptables。"), () => OnAsync(lab, host, caller));
        await lab.StepAsync(new("The same for one bridge only.", "只对一个网桥这样设置。"), () => OneBridgeAsync(lab, host, caller));
        await lab.StepAsync(new("A Service 10.96.0.1 whose backend container2 is on the caller's own bridge.", "Service 10.96.0.1 的后端 container2 和访问者在同一个网桥上。"), () => CallAsync(lab, bridged));
    }

    private static async Task OffAsync(LabRun lab, LabHost host, LabHost caller)
    {
        host.SetSysctl(Setting, "0");
        host.DropForwarded(BridgedContainers.AddressOf(2));
        await caller.PingSucceedsAsync(BridgedContainers.AddressOf(2), new("container2 answers: the rule did not see the packet.", "container2 有应答：规则没有看到这个包。"));
        Counted(lab, host, 0);
    }

    private static async Task OnAsync(LabRun lab, LabHost host, LabHost caller)
    {
        lab.Given("bridge-nf-call-iptables", () => host.SetSysctl(Setting, "1"));
        await caller.PingFailsAsync(BridgedContainers.AddressOf(2), new("No answer: the rule dropped a packet that nobody routed.", "没有应答：规则丢弃了一个并没有经过路由的包。"));
        Counted(lab, host, 1);
        lab.Disagrees(
            new("Packets between two containers of one bridge never meet iptables.", "同一网桥上两个容器之间的包不会经过 iptables。"),
            new("They do when net.bridge.bridge-nf-call-iptables is 1, which it is by default wherever br_netfilter is loaded.", "当 net.bridge.bridge-nf-call-iptables 为 1 时会经过；只要加载了 br_netfilter，它默认就是 1。"),
            new("br_nf_forward() in net/bridge/br_netfilter_hooks.c calls the IPv4 hook FORWARD for each frame with an IPv4 packet.", "net/bridge/br_netfilter_hooks.c 对每个装有 IPv4 包的帧调用 IPv4 的 FORWARD 钩子。"));
    }

    private static async Task OneBridgeAsync(LabRun lab, LabHost host, LabHost caller)
    {
        host.SetSysctl(Setting, "0");
        host.SetBridge("br0", new BridgeChange { CallIptables = true });
        await caller.PingFailsAsync(BridgedContainers.AddressOf(2), new("No answer: either setting is enough.", "没有应答：两个设置中有一个打开就够了。"));
        Counted(lab, host, 2);
        host.SetBridge("br0", new BridgeChange { CallIptables = false });
        host.ForwardAll();
    }

    private static async Task CallAsync(LabRun lab, BridgedContainers bridged)
    {
        var (host, caller) = (bridged.Host, bridged.Containers[0]);
        bridged.Containers[1].Listen(Port);
        host.SetSysctl("net.ipv4.ip_forward", "1");
        host.TranslateDestination(Service, BridgedContainers.AddressOf(2));
        var seen = caller.Capture("eth0");
        await caller.ConnectFailsAsync(Service, Port, new("The connection is not opened.", "连接建立不了。"));
        await seen.WaitForAsync(HasDirectAnswer, TimeSpan.FromSeconds(5));
        lab.Holds(
            new(
                "container2 answered directly, with its own address: the bridge took the answer to container1 past the host, which would have had to translate it back. container1 never called that address.",
                "container2 用自己的地址直接应答：网桥把应答送到 container1，绕过了本应把地址转换回来的主机。而 container1 从没有访问过这个地址。"),
            HasDirectAnswer(seen.Frames));
        host.SetSysctl(Setting, "1");
        await caller.ConnectSucceedsAsync(Service, Port, new("When bridged packets pass iptables, the answer is translated back, and the connection is opened.", "网桥转发的包经过 iptables 时，应答被转换回来，连接建立成功。"));
        lab.Draw([host, .. bridged.Containers]);

        static bool HasDirectAnswer(IReadOnlyList<Linux.Packets.CapturedFrame> frames) =>
            frames.Any(f => f.ToString().StartsWith("IP 192.168.9.3.80 > 192.168.9.2.", StringComparison.Ordinal) && f.ToString().EndsWith("Flags [S.]", StringComparison.Ordinal));
    }

    private static void Counted(LabRun lab, LabHost host, ulong expected) => lab.Shows(
        new("So says the rule's counter.", "规则的计数器也这样说。"), [$"counter packets {expected}"], [$"counter packets {host.DroppedForwarded}"]);
}
