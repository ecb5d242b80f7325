using System.Net;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Node.Network;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>A process that sets a machine's kernel settings where /proc/sys is read-only. A mount namespace belongs to a process, so it takes one of its own.</summary>
internal static class ReadOnlySysctls
{
    public const string Verb = "read-only-sysctls";

    /// <summary>What the process logs.</summary>
    public static async Task<string> StartAsync(NetNamespace ns)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "output");
        using var output = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        using var process = ChildProcess.Start(new ProcessSpec
        {
            Path = Self.Command[0],
            Arguments = [Verb],
            NewMountNamespace = true,
            NetNamespace = ns,
            StandardOutput = output,
            StandardError = output,
        });
        var ended = await process.Exited;
        var said = await File.ReadAllTextAsync(path);
        Assert.True(ended.IsSuccess, $"the process {ended}: {said}");
        return said;
    }

    /// <summary>The process.</summary>
    public static int Run()
    {
        const ulong AsProc = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
        Mounts.Bind("/proc/sys", "/proc/sys");
        Mounts.Mount(null, "/proc/sys", null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly | AsProc);
        // A logger of this assembly would be waited for by the thread in the namespace until this one is through with the module's initializer: for ever.
        using var loggers = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true));
        using var own = NetNamespace.OpenCurrent();
        NodeSysctls.ApplyToHost(own, [IPNetwork.Parse("172.20.1.0/24"), IPNetwork.Parse("fd00::/64")], loggers.CreateLogger("node"));
        return 0;
    }
}
