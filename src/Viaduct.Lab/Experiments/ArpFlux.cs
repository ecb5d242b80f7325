using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>One host with two devices on one segment answers one ARP question twice; the settings that change this.</summary>
internal sealed class ArpFlux : Experiment
{
    private const string BridgeReply = $"ARP, Reply 192.168.3.102 is-at {ClassicHost.Veth0Mac}", VethReply = $"ARP, Reply 192.168.3.102 is-at {ClassicHost.Veth1Mac}";

    public override string Name => "arp-flux";

    public override LocalizedText Title => new("Two answers to one ARP question", "一个 ARP 请求，两个应答");

    public override LocalizedText Introduction => new(
        "To Linux an address belongs to the host, not to a device. With br0 and veth1 on one segment, both answer for either address, and who asked takes one of the two.",
        "对 Linux 来说，IP 地址属于主机而不属于某个设备。当 br0 和 veth1 在同一个网段上时，无论问哪个地址，两个设备都会应答，而提问者只会采用其中一个。");

    public override string Essential => "arp_ignore";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        classic.AttachCard();
        var host = classic.Host;
        await lab.StepAsync(new("The gateway asks once for 192.168.3.102.", "网关询问一次 192.168.3.102。"), async () => lab.Shows(
            new("br0 and veth1 both answer, each with its own hardware address.", "br0 和 veth1 都应答，各自给出自己的 MAC 地址。"),
            [BridgeReply, VethReply],
            (await AskAsync(classic, least: 2)).Order(StringComparer.Ordinal)));
        await lab.StepAsync(new("arp_ignore=1: answer only for addresses of the device that was asked.", "arp_ignore=1：只应答配置在收到请求的设备上的地址。"), async () =>
        {
            lab.Given("arp_ignore", () => host.SetSysctl("net.ipv4.conf.all.arp_ignore", "1"));
            lab.Shows(new("Only veth1 answers: the address is on it.", "只有 veth1 应答：该地址配置在它上面。"), [VethReply], await AskAsync(classic, least: 1));
            host.SetSysctl("net.ipv4.conf.all.arp_ignore", "0");
        });
        await lab.StepAsync(new("arp_filter=1: answer only where the route to who asks leads out.", "arp_filter=1：只从通向提问者的路由所在设备应答。"), () => OnceAsync(lab, classic, "arp_filter"));
        await lab.StepAsync(new("rp_filter=1: take in only what comes from where the answer would go.", "rp_filter=1：只接受从应答路径所在设备进来的数据包。"), () => OnceAsync(lab, classic, "rp_filter"));
        await lab.StepAsync(new("What the host says of itself when it asks.", "主机自己提问时怎样介绍自己。"), () => AnnounceAsync(lab, classic));
    }

    private static async Task OnceAsync(LabRun lab, ClassicHost classic, string setting)
    {
        classic.Host.SetSysctl($"net.ipv4.conf.all.{setting}", "1");
        var answers = await AskAsync(classic, least: 1);
        lab.Holds(
            new(
                "There is one answer; which device gives it follows the order of the routes, not who has the address.",
                "只有一个应答；由哪个设备应答取决于路由的顺序，而不是地址配置在哪个设备上。"),
            answers.Count == 1,
            string.Join('\n', answers));
        classic.Host.SetSysctl($"net.ipv4.conf.all.{setting}", "0");
    }

    private static async Task AnnounceAsync(LabRun lab, ClassicHost classic)
    {
        await AskGatewayAsync(lab, classic, "192.168.3.101", new(
            "By default the question names the packet's source, whatever device it leaves by: here it leaves by veth1, and the gateway learns veth1's hardware address for the address of br0.",
            "默认情况下，请求里写的是数据包的源地址，不管从哪个设备发出：这里它从 veth1 发出，网关会把 br0 的 IP 记成 veth1 的 MAC 地址。"));
        classic.Host.SetSysctl("net.ipv4.conf.all.arp_announce", "2");
        await AskGatewayAsync(lab, classic, "192.168.3.102", new("With arp_announce=2 it names an address of the device that asks.", "arp_announce=2 时，请求里写的是发出请求的设备自己的地址。"));
        classic.Host.SetSysctl("net.ipv4.conf.all.arp_announce", "0");
    }

    private static async Task AskGatewayAsync(LabRun lab, ClassicHost classic, string sender, LocalizedText what)
    {
        classic.Host.ForgetNeighbors("veth1");
        var heard = classic.Network.Gateway.Capture("eth0");
        await classic.Host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("The gateway answers.", "网关有应答。"), from: "192.168.3.101");
        await lab.ShowsAsync(what, heard, "who-has 192.168.3.1 ", $"ARP, Request who-has 192.168.3.1 tell {sender}");
    }

    /// <summary>Sends one question by hand, and waits for answers; those that must not come would come at the same time as the others.</summary>
    private static async Task<IReadOnlyList<string>> AskAsync(ClassicHost classic, int least)
    {
        var gateway = classic.Network.Gateway;
        var capture = gateway.Capture("eth0");
        gateway.Send("eth0", Question());
        await capture.WaitForAsync(frames => Replies(frames).Count >= least, TimeSpan.FromSeconds(5));
        await capture.WaitForAsync(frames => Replies(frames).Count > least, TimeSpan.FromMilliseconds(300));
        return Replies(capture.Frames);
    }

    private static List<string> Replies(IReadOnlyList<CapturedFrame> frames) => [.. frames.Select(f => f.ToString()).Where(f => f.StartsWith("ARP, Reply", StringComparison.Ordinal))];

    private static byte[] Question()
    {
        var frame = new byte[EthernetFrame.HeaderSize + ArpPacket.Size];
        var gateway = MacAddress.Parse(PhysicalNetwork.GatewayMac);
        EthernetFrame.WriteHeader(frame, MacAddress.Parse("ff:ff:ff:ff:ff:ff"), gateway, EtherType.Arp);
        new ArpPacket(false, gateway, IPAddress.Parse(PhysicalNetwork.GatewayAddress), default, IPAddress.Parse("192.168.3.102")).Write(frame.AsSpan(EthernetFrame.HeaderSize));
        return frame;
    }
}
