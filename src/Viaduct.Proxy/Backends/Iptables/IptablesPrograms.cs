using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The programs of one variant and IP family, run in one network namespace.</summary>
public sealed partial class IptablesPrograms(NetNamespace ns, IPFamily family, IptablesVariant variant) : IDisposable
{
    /// <summary>For how long the programs wait for each other's lock, in seconds.</summary>
    public int LockLimit { get; init; } = 5;

    /// <summary>The lock file to use; null is the machine's, which others use, too.</summary>
    public string? LockFile { get; init; } = ProgramPaths.FindLockFile(variant);

    public IptablesVariant Variant => variant;

    public NetNamespace Namespace => ns;

    /// <summary>Writes the rules of a script.</summary>
    /// <exception cref="RestoreRefusedException">A rule is refused; nothing of its table was changed, but of an earlier one.</exception>
    /// <exception cref="IptablesException">It failed otherwise.</exception>
    public async Task RestoreAsync(byte[] script)
    {
        var program = ProgramPaths.Of(family, variant, "-restore");
        var result = await RunAsync(program, ["--noflush", .. Wait], script, null);
        if (result.Status.IsSuccess)
            return;
        Check(program, result);
        throw new RestoreRefusedException(FirstSentence(result.Errors), LineOf(result.Errors));
    }

    /// <summary>Reads what is installed.</summary>
    internal async Task<FoundRules> ReadAsync()
    {
        using var reader = new SaveReader();
        await SaveAsync(reader.Read);
        return reader.Found;
    }

    /// <summary>Shows everything that is installed line by line, as iptables-save prints it.</summary>
    public async Task SaveAsync(Action<string> readLine, bool withCounters = false)
    {
        var program = ProgramPaths.Of(family, variant, "-save");
        var result = await RunAsync(program, withCounters ? ["-c"] : [], default, readLine);
        if (result.Status.IsSuccess)
            return;
        Check(program, result);
        throw new IptablesException($"{program} failed: {FirstSentence(result.Errors)}.");
    }

    public async Task<bool> HasChainAsync(string table, string chain)
    {
        var program = ProgramPaths.Of(family, variant, "");
        var result = await RunAsync(program, [.. Wait, "-t", table, "-S", chain], default, null);
        Check(program, result);
        return result.Status.IsSuccess;
    }

    public void Dispose() => ns.Dispose();

    private string[] Wait => ["-w", LockLimit.ToString(CultureInfo.InvariantCulture)];

    private Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, byte[]? input, Action<string>? readLine) =>
        ProgramRun.RunAsync(ns, program, arguments, ProgramEnvironment.Of(variant, LockFile), input, readLine);

    // Status 4 (RESOURCE_PROBLEM) is about the lock or permissions, never about rules.
    private void Check(string program, ProgramResult result)
    {
        if (result.Errors.Contains("xtables lock", StringComparison.Ordinal))
            throw new IptablesException($"{program} did not get the lock {LockFile ?? ProgramPaths.UsualLockFile} within {LockLimit} s: another program changes iptables all the time; find it with: fuser {LockFile ?? ProgramPaths.UsualLockFile}.");
        if (result.Status.Code is null or 4)
            throw new IptablesException($"{program} {result.Status}: {FirstSentence(result.Errors)}.");
    }

    private static string FirstSentence(string errors)
    {
        var line = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(l => !l.EndsWith("):", StringComparison.Ordinal)) ?? "it said nothing";
        return VersionPrefix().Replace(line, "").TrimEnd('.');
    }

    private static int? LineOf(string errors) => LineNumber().Match(errors) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^ip6?tables(-(nft|legacy))?-restore v[0-9.]+ \([a-z_]+\): ")]
    private static partial Regex VersionPrefix();

    [GeneratedRegex(@"line:? ([0-9]+)")]
    private static partial Regex LineNumber();
}
