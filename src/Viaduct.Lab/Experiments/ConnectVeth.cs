using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Native;

namespace Viaduct.Lab.Experiments;

/// <summary>One end of a veth pair joins a bridge: what it receives goes to the bridge, and so an ARP reply does not help who asked.</summary>
internal sealed class ConnectVeth : Experiment
{
    private const string Request = "ARP, Request who-has 192.168.3.102 tell 192.168.3.101", Reply = $"ARP, Reply 192.168.3.102 is-at {ClassicHost.Veth1Mac}";

    public override string Name => "connect-veth";

    public override LocalizedText Title => new("Connect a bridge and a veth pair", "将网桥和 veth 设备相连");

    public override LocalizedText Introduction => new(
        "A veth pair is a cable with a network device at each end. When one end joins a bridge, it becomes a port: what it receives is handed to the bridge and no longer to "
        + "the protocol stack as something that came in by it.",
        "veth 是一对相连的网络设备，像一根网线的两端。其中一端加入网桥后就成为网桥的端口：它收到的数据会交给网桥，而不再以它自己的名义交给协议栈。");

    public override string Essential => "accept_local of veth1";

    public override async Task RunAsync(LabRun lab)
    {
        var host = new ClassicHost(lab).Host;
        await lab.StepAsync(new("Create the bridge and the pair, and give both ends addresses.", "创建网桥和一对 veth 设备，并给两端配置 IP 地址。"), () => Prepare(lab, host));
        await lab.StepAsync(new("Connect veth0 to br0.", "将 veth0 连上 br0。"), () => Join(lab, host));
        await lab.StepAsync(new("Ping veth1 from veth0: what veth1 does by default.", "从 veth0 ping veth1：veth1 默认怎么做。"), () => IgnoreAsync(lab, host));
        await lab.StepAsync(new("Ping veth1 from veth0 with accept_local=1 on veth1, and look at the packets on all three devices.", "在 veth1 上设置 accept_local=1，再从 veth0 ping veth1，并在三个设备上抓包。"), () => AskAsync(lab, host));
    }

    private static void Prepare(LabRun lab, LabHost host)
    {
        host.AddBridge("br0");
        host.SetUp("br0");
        host.AddVeth("veth0", "veth1", ClassicHost.Veth0Mac, ClassicHost.Veth1Mac);
        host.AddAddress("veth0", "192.168.3.101/24");
        host.AddAddress("veth1", "192.168.3.102/24");
        host.SetUp("veth0");
        host.SetUp("veth1");
        lab.Holds(new("Both ends are up and have carrier.", "两端都已启用，并且链路已连通。"), host.Link("veth0").IsRunning && host.Link("veth1").IsRunning);
    }

    private static void Join(LabRun lab, LabHost host)
    {
        host.SetMaster("veth0", "br0");
        lab.Holds(new("veth0 is a port of br0.", "veth0 成为 br0 的端口。"), host.Link("veth0").Master == host.Link("br0").Index);
        lab.Holds(
            new("br0 has the hardware address of its only port.", "br0 的 MAC 地址变成了它唯一端口的 MAC 地址。"),
            host.Link("br0").Address?.ToString() == ClassicHost.Veth0Mac,
            $"br0 has {host.Link("br0").Address}");
        lab.Draw(host);
    }

    private static async Task IgnoreAsync(LabRun lab, LabHost host)
    {
        var veth1 = host.Capture("veth1");
        await host.PingFailsAsync("192.168.3.102", new("The ping fails.", "ping 失败。"), from: "veth0");
        await lab.ShowsAsync(new("veth1 got the question and sent no answer.", "veth1 收到了 ARP 请求，但没有应答。"), veth1, "ARP", Request);
        lab.Disagrees(
            new("veth1 answers.", "veth1 会返回应答。"),
            new("It does not, unless accept_local=1 is set on it.", "不会，除非在它上面设置了 accept_local=1。"),
            new(
                "The source of the question is an address of this very host; what comes in with such a source is dropped by default (__fib_validate_source in net/ipv4/fib_frontend.c). A capture that shows the answer was made with the setting.",
                "请求的源地址是本机自己的地址；默认情况下，从设备进来的、带有这种源地址的数据会被丢弃（net/ipv4/fib_frontend.c 的 __fib_validate_source）。能看到应答的抓包，都是在设置了它之后得到的。"));
        host.ForgetNeighbors("veth0");
    }

    private static async Task AskAsync(LabRun lab, LabHost host)
    {
        lab.Given("accept_local of veth1", () => host.SetSysctl("net.ipv4.conf.veth1.accept_local", "1"));
        var (veth1, veth0, bridge) = (host.Capture("veth1"), host.Capture("veth0"), host.Capture("br0"));
        await host.PingFailsAsync("192.168.3.102", new("The ping fails.", "ping 失败。"), from: "veth0");
        await lab.ShowsAsync(new("veth1 got the question and answered it.", "veth1 收到了 ARP 请求，并且返回了应答。"), veth1, "ARP", Request, Reply);
        await lab.ShowsAsync(new("The answer came to veth0.", "应答回到了 veth0。"), veth0, "ARP", Request, Reply);
        await lab.ShowsAsync(new("On br0 there is only the answer: veth0 handed it over.", "br0 上只有应答：veth0 把它交给了 br0。"), bridge, "ARP", Reply);
        var entry = host.Neighbor("veth0", "192.168.3.102");
        lab.Holds(
            new(
                "The host knows no hardware address for 192.168.3.102 on veth0: the answer came in by br0, and each device has neighbours of its own.",
                "主机在 veth0 上仍不知道 192.168.3.102 的 MAC 地址：应答是从 br0 进来的，而邻居表项是按设备记录的。"),
            entry is { LinkAddress: null } || (entry!.State & (RouteConstants.NUD_INCOMPLETE | RouteConstants.NUD_FAILED)) != 0);
        lab.Disagrees(
            new("The stack gets nothing of what veth0 receives.", "协议栈收不到 veth0 收到的数据。"),
            new("The stack gets it, as something that came in by br0.", "协议栈收到了，但它被视为从 br0 进来的数据。"),
            new(
                "The bridge passes frames for its own hardware addresses, those of its ports among them, up with br0 as their device (br_handle_frame_finish in net/bridge/br_input.c).",
                "网桥会把目的地址是自己（包括端口）MAC 地址的帧交给协议栈，并把接收设备记为 br0（net/bridge/br_input.c 的 br_handle_frame_finish）。"));
    }
}
