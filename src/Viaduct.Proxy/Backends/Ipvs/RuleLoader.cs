using System.Text;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Has iptables-restore(8) write rules in a network namespace: the kernel's interface of iptables is that program's own.</summary>
internal sealed class RuleLoader
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly NetNamespace ns;
    private readonly string program;

    private RuleLoader(NetNamespace ns, string program) => (this.ns, this.program) = (ns, program);

    /// <summary>With the first variant that works on this kernel: iptables may be nf_tables' or the legacy one.</summary>
    /// <exception cref="LinuxException">There is none.</exception>
    public static RuleLoader Open(NetNamespace ns, IPFamily family)
    {
        var name = family == IPFamily.IPv4 ? "iptables" : "ip6tables";
        var complaints = new List<string>();
        using var elsewhere = NetNamespace.Create();
        foreach (var program in new[] { $"{name}-restore", $"{name}-legacy-restore", $"{name}-nft-restore" })
        {
            try
            {
                if (new RuleLoader(elsewhere, program).Try("*nat\n:VIADUCT-PROBE - [0:0]\n-A VIADUCT-PROBE -j MASQUERADE\nCOMMIT\n") is not { } complaint)
                    return new RuleLoader(ns, program);
                complaints.Add($"{program}: {complaint}");
            }
            catch (LinuxException e)
            {
                complaints.Add(e.Message.TrimEnd('.'));
            }
        }

        throw new RuleException($"No iptables works here ({string.Join("; ", complaints)}): install the package iptables, and load the modules ip_tables and iptable_nat or nf_tables and nft_compat.");
    }

    /// <summary>Writes rules, all or none of a table.</summary>
    public void Load(string rules)
    {
        if (Try(rules) is { } complaint)
            throw new RuleException($"{program} refused the rules of ipvs mode: {complaint.TrimEnd('.')}.");
    }

    /// <summary>Writes rules and answers what the program says against them, or null.</summary>
    public string? Try(string rules)
    {
        var (input, error) = (Pipe.Create(), Pipe.Create());
        using var writer = new FileStream(input.Write, FileAccess.Write, bufferSize: 0);
        using var complaint = new StreamReader(new FileStream(error.Read, FileAccess.Read));
        ChildProcess child;
        // The child has its own ends; with ours open the pipes would never end.
        using (input.Read)
        using (error.Write)
        {
            child = ChildProcess.Start(new ProcessSpec
            {
                Path = program, Arguments = ["--wait", "10", "--noflush"], NetNamespace = ns, StandardInput = input.Read, StandardError = error.Write,
            });
        }

        using var watchdog = new Timer(_ => child.Signal(Signals.Kill), null, s_limit, Timeout.InfiniteTimeSpan);
        Write(writer, rules);
        var said = complaint.ReadToEnd();
        var status = child.Exited.GetAwaiter().GetResult();
        return status.IsSuccess ? null : said.Trim() is { Length: > 0 } text ? text.ReplaceLineEndings(" ") : status.ToString();
    }

    // All of it fits into a pipe, so nothing waits for the child to read.
    private static void Write(FileStream writer, string rules)
    {
        try
        {
            writer.Write(Encoding.ASCII.GetBytes(rules));
            writer.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; what it said tells why.
        }
    }
}

/// <summary>Rules that could not be written.</summary>
public sealed class RuleException(string message) : Exception(message);
