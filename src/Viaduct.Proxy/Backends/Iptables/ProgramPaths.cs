using Viaduct.Linux.Processes;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Where the programs of iptables are.</summary>
internal static class ProgramPaths
{
    public const string UsualLockFile = "/run/xtables.lock";

    // An ordinary user's PATH often lacks them.
    private static readonly string[] s_systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>
    /// The path of a program, as of iptables-nft-restore. A machine with one variant may have only the plain name, which is taken if it says that it is this
    /// variant: rules of two variants on one node contradict each other.
    /// </summary>
    /// <exception cref="IptablesException">It is missing.</exception>
    public static string Of(IPFamily family, IptablesVariant variant, string suffix, IReadOnlyList<string>? directories = null) =>
        FindOf(family, variant, suffix, directories ?? Directories())
        ?? throw new IptablesException($"{Missing(family, variant, suffix, directories ?? Directories())}: install the package iptables, or take --proxy-mode nftables.");

    public static bool Has(IPFamily family, IptablesVariant variant) => FindOf(family, variant, "-restore", Directories()) is not null;

    public static string? FindPlain(IPFamily family) => Find(Prefix(family), Directories());

    /// <summary>What a program is: before iptables 1.8, which had no nf_tables, none said so.</summary>
    public static IptablesVariant VariantOf(string program)
    {
        var isNft = false;
        ProgramRun.RunAsync(null, program, ["-V"], null, default, line => isNft |= line.Contains("nf_tables", StringComparison.Ordinal)).GetAwaiter().GetResult();
        return isNft ? IptablesVariant.Nft : IptablesVariant.Legacy;
    }

    /// <summary>A lock file that can be opened; null is the usual one or the one that the environment names.</summary>
    public static string? FindLockFile(IptablesVariant variant)
    {
        if (variant == IptablesVariant.Nft || Environment.GetEnvironmentVariable(ProgramEnvironment.LockVariable) is not null)
            return null;
        try
        {
            File.Open(UsualLockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without root the namespace is ours alone: nobody else locks.
            return Path.Combine(Path.GetTempPath(), $"viaduct-{Environment.UserName}-xtables.lock");
        }
    }

    private static string Prefix(IPFamily family) => family == IPFamily.IPv4 ? "iptables" : "ip6tables";

    private static string Name(IptablesVariant variant) => variant == IptablesVariant.Nft ? "nft" : "legacy";

    private static string? FindOf(IPFamily family, IptablesVariant variant, string suffix, IReadOnlyList<string> directories) =>
        Find($"{Prefix(family)}-{Name(variant)}{suffix}", directories)
        ?? (Find(Prefix(family) + suffix, directories) is { } plain && VariantOf(plain) == variant ? plain : null);

    private static string Missing(IPFamily family, IptablesVariant variant, string suffix, IReadOnlyList<string> directories)
    {
        var (plain, wanted) = (Prefix(family) + suffix, $"{Prefix(family)}-{Name(variant)}{suffix}");
        return Find(plain, directories) is not null ? $"The program {wanted} is missing, and {plain} is not that variant of it"
            : Find($"{Prefix(family)}-{Name(Other(variant))}{suffix}", directories) is not null ? $"The program {wanted} is missing, and the other variant must not be mixed with it"
            : $"The program {plain} is missing";
    }

    private static IptablesVariant Other(IptablesVariant variant) => variant == IptablesVariant.Nft ? IptablesVariant.Legacy : IptablesVariant.Nft;

    private static string? Find(string program, IReadOnlyList<string> directories) => directories.Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    private static string[] Directories() =>
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), .. s_systemDirectories];
}
