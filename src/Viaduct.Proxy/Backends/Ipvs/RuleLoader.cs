using System.Text;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Has iptables-restore(8) write rules in a network namespace, and iptables-save(8) read them: the kernel's interface of iptables is those programs' own.</summary>
internal sealed class RuleLoader
{
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
        foreach (var program in new[] { name, $"{name}-legacy", $"{name}-nft" })
        {
            try
            {
                if (new RuleLoader(elsewhere, program).Try("*nat\n:VIADUCT-PROBE - [0:0]\n-A VIADUCT-PROBE -j MASQUERADE\nCOMMIT\n") is not { } complaint)
                    return new RuleLoader(ns, program);
                complaints.Add($"{program}-restore: {complaint}");
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
        if (rules.Length > 0 && Try(rules) is { } complaint)
            throw new RuleException($"{program}-restore refused the rules of ipvs mode: {complaint.TrimEnd('.')}.");
    }

    /// <summary>The lines about our chains, with their tables.</summary>
    public IReadOnlyList<(string Table, string Line)> Save()
    {
        var (lines, table) = (new List<(string, string)>(), "");
        var result = Run("-save", [], default, line =>
        {
            if (line.StartsWith('*'))
                table = line[1..];
            else if (line.Contains(IpvsRules.ChainPrefix, StringComparison.Ordinal))
                lines.Add((table, line));
        });
        return result.Status.IsSuccess ? lines : throw new RuleException($"{program}-save failed: {Said(result).TrimEnd('.')}.");
    }

    // Null: it is done; otherwise what the program says against it.
    private string? Try(string rules)
    {
        var result = Run("-restore", ["--wait", "10", "--noflush"], Encoding.ASCII.GetBytes(rules), null);
        return result.Status.IsSuccess ? null : Said(result);
    }

    private ProgramResult Run(string suffix, string[] arguments, ReadOnlyMemory<byte> input, Action<string>? readLine) =>
        ProgramRun.RunAsync(ns, program + suffix, arguments, null, input, readLine).GetAwaiter().GetResult();

    private static string Said(ProgramResult result) => result.Errors.Trim() is { Length: > 0 } text ? text.ReplaceLineEndings(" ") : result.Status.ToString();
}

/// <summary>Rules that could not be written or read.</summary>
public sealed class RuleException(string message) : Exception(message);
