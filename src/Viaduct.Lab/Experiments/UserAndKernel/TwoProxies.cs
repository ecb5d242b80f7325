using System.Globalization;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Features;
using Viaduct.Proxy.Backends;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>The same requests through a proxy that copies and through the kernel's NAT: what the proxy's process has to do for each.</summary>
internal sealed class TwoProxies : Experiment
{
    private const int AtOnce = 500, Traced = 50;

    // How a process's time is shared out between user mode and the kernel is known in ticks of up to 10 ms: that needs a hundred of them.
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1.2);

    public override string Name => "two-proxies";

    public override LocalizedText Title => new("A proxy in user mode, and none", "用户态代理与内核 NAT");

    public override LocalizedText Introduction => new(
        "Why kube-proxy's userspace mode is slow: every connection ends in the proxy's process, which opens another one to the endpoint and copies bytes from one to the other, all by system calls. "
        + "In the kernel modes the process only writes rules; packets never reach it. The same client sends the same requests (connect, 64 bytes there and back, close) both ways.",
        "kube-proxy 的 userspace 模式为什么慢：每个连接都终止在代理进程，代理再向后端打开另一个连接，并在两者之间复制字节，全部通过系统调用完成。在内核模式下，代理进程只写规则，数据包从不到达它。"
        + "同一个客户端以两种方式发送同样的请求（连接、往返 64 字节、关闭）。");

    public override string Essential => "userspace proxy";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe()];

    public override async Task RunAsync(LabRun lab)
    {
        using var path = new EchoPath(lab);
        Work user = null!, kernel = null!;
        await lab.StepAsync(new("Through the userspace proxy.", "经过用户态代理。"), async () =>
        {
            var mode = LabBackends.KernelMode;
            lab.Given("userspace proxy", () => mode = ProxyMode.Userspace);
            user = await MeasureAsync(lab, path, mode);
            lab.Holds(
                new("The proxy makes more than five system calls for each request: accept, connect, and for each direction read, write and close at least.", "代理为每个请求执行五次以上的系统调用：至少要 accept、connect，并在每个方向上 read、write 和 close。"),
                user.CallsPerRequest > 5,
                user.CallsPerRequest > 5 ? null : $"{user.CallsPerRequest} calls per request");
        });
        await lab.StepAsync(new("Through the kernel's NAT.", "经过内核 NAT。"), async () =>
        {
            kernel = await MeasureAsync(lab, path, LabBackends.KernelMode);
            if (!PacketFilters.HasNftables)
                lab.Lacks("This kernel's nftables cannot translate IPv4 addresses: the proxy's rules are those of iptables.");
            lab.Holds(
                new("No system call of the proxy's process belongs to a request: it makes fewer than one for each, whatever else it has to do.", "代理进程没有任何系统调用属于请求：平均每个请求不到一次，那是它自己的其他事务。"),
                kernel.CallsPerRequest < 1,
                kernel.CallsPerRequest < 1 ? null : $"{kernel.CallsPerRequest} calls per request");
        });
        await lab.StepAsync(new("Compare them.", "比较两者。"), () => Compare(lab, user, kernel));
    }

    private static async Task<Work> MeasureAsync(LabRun lab, EchoPath path, ProxyMode mode)
    {
        await using var proxy = await ProxyProcess.StartAsync(lab.Programs, path.Node, mode, EchoPath.Service, EchoPath.Endpoint);
        path.Request(20);
        var (requests, least) = (0, double.MaxValue);
        var (before, ownBefore) = (proxy.ProcessorTime(), ProcessorTime.Of(Environment.ProcessId));
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < s_duration; requests += AtOnce)
            least = Math.Min(least, path.Request(AtOnce));
        var (after, ownAfter) = (proxy.ProcessorTime(), ProcessorTime.Of(Environment.ProcessId));
        var calls = await proxy.CountCallsAsync(() => path.Request(Traced));
        return new Work(requests, least, after - before, ownAfter - ownBefore, calls);
    }

    private static void Compare(LabRun lab, Work user, Work kernel)
    {
        lab.Holds(
            new("The userspace proxy takes more than twice the processor time of the other.", "用户态代理消耗的处理器时间是另一个的两倍以上。"),
            user.TimePerRequest > 2 * kernel.TimePerRequest,
            user.TimePerRequest > 2 * kernel.TimePerRequest ? null : $"{user.TimePerRequest.TotalMicroseconds} µs and {kernel.TimePerRequest.TotalMicroseconds} µs for a request");
        ClaimKernelTime(lab, user);
        lab.Holds(
            new("A request through the kernel takes less time: the least of both says so.", "经过内核的请求更快：两者的最小值说明了这一点。"),
            kernel.LeastNanoseconds < user.LeastNanoseconds,
            kernel.LeastNanoseconds < user.LeastNanoseconds ? null : $"{kernel.LeastNanoseconds} ns and {user.LeastNanoseconds} ns");
        lab.Measured(
            [new("", ""), new("userspace proxy", "用户态代理"), new("kernel NAT", "内核 NAT")],
            Row(new("system calls of the proxy for a request", "代理为每个请求执行的系统调用"), w => w.CallsPerRequest.ToString("0.0", CultureInfo.InvariantCulture)),
            Row(new("the proxy's µs in user mode for a request", "代理每个请求的用户态时间（µs）"), w => w.PerRequest(t => t.InUserMode)),
            Row(new("the proxy's µs in the kernel for a request", "代理每个请求的内核态时间（µs）"), w => w.PerRequest(t => t.InKernel)),
            Row(new("least time of a request, µs", "请求的最短时间（µs）"), w => (w.LeastNanoseconds / 1000).ToString("0", CultureInfo.InvariantCulture)));
        lab.Measured([new("system call of the userspace proxy", "用户态代理的系统调用"), new("for each request", "每个请求")], [.. user.Regular.Select(c => new MeasuredRow(new(c.Name, c.Name), c.Each.ToString("0.0", CultureInfo.InvariantCulture)))]);

        MeasuredRow Row(LocalizedText what, Func<Work, string> of) => new(what, of(user), of(kernel));
    }

    private static void ClaimKernelTime(LabRun lab, Work user)
    {
        if (user.IsTimeToldApart)
            lab.Holds(new("A good part of it is spent in the kernel, by its calls.", "其中相当一部分花在内核中，由它的系统调用引起。"), user.Time.InKernel > TimeSpan.Zero);
        else
            lab.Lacks("This kernel counts all time as spent in user mode, as user-mode Linux does: how it is shared out cannot be seen.");
    }

    /// <summary>What the requests took.</summary>
    private sealed record Work(int Requests, double LeastNanoseconds, ProcessorTime Time, ProcessorTime OfClient, IReadOnlyDictionary<string, int> Calls)
    {
        /// <summary>The client did nothing but system calls: a kernel that tells its time apart has counted most of it as its own.</summary>
        public bool IsTimeToldApart => OfClient.SystemTicks > OfClient.UserTicks;

        public TimeSpan TimePerRequest => Time.Total / Requests;

        public double CallsPerRequest => Calls.Values.Sum() / (double)Traced;

        public string PerRequest(Func<ProcessorTime, TimeSpan> part) => (part(Time).TotalMicroseconds / Requests).ToString("0.0", CultureInfo.InvariantCulture);

        /// <summary>Calls that belong to the requests: about one or more for each.</summary>
        public IEnumerable<(string Name, double Each)> Regular =>
            Calls.Where(c => c.Value >= Traced * 0.9).Select(c => (c.Key, c.Value / (double)Traced)).OrderBy(c => c.Key, StringComparer.Ordinal);
    }
}
