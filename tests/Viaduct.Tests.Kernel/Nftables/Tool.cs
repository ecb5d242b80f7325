using System.Diagnostics;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Tests.Kernel.Nftables;

/// <summary>Runs a program inside a namespace, as an oracle.</summary>
internal static class Tool
{
    /// <summary>Runs it to its end and returns its standard output; anything but exit code 0 fails the test.</summary>
    public static string Run(NetNamespace ns, string program, params string[] arguments) => ns.Run(() =>
    {
        // The child is forked from this thread, so it inherits the thread's namespace.
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}{output}");
        return output;
    });
}
