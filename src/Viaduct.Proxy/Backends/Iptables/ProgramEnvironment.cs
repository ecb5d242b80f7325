using System.Collections;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The environment in which iptables' programs run: this process's, and two settings.</summary>
internal static class ProgramEnvironment
{
    /// <summary>Names the lock file (iptables(8)).</summary>
    public const string LockVariable = "XTABLES_LOCKFILE";

    private const string GlibcTunables = "GLIBC_TUNABLES";

    /// <param name="variant">Of the programs.</param>
    /// <param name="lockFile">The lock file; null is the usual one or the one that the environment names.</param>
    public static IReadOnlyDictionary<string, string> Of(IptablesVariant variant, string? lockFile)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
        if (lockFile is not null)
            variables[LockVariable] = lockFile;

        // The legacy programs hold the kernel's table whole, twice. In huge pages a change takes a tenth less time (docs/performance.md); a C library that does not know this setting ignores it.
        if (variant == IptablesVariant.Legacy)
            variables.TryAdd(GlibcTunables, "glibc.malloc.hugetlb=1");
        return variables;
    }
}
