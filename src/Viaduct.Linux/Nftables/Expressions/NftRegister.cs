using Viaduct.Linux.Netlink;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>
/// A place that expressions read and write: sixteen 32-bit words in a row. A value longer than a word goes on in the next words,
/// so a concatenation is written word by word and looked up from its first.
/// </summary>
/// <param name="Word">0 to 15.</param>
public readonly record struct NftRegister(int Word)
{
    // enum nft_registers: 0 is the verdict, 1 to 4 are 16 bytes each, 8 to 23 are the same bytes in words.
    private const uint VerdictNumber = 0, FirstLong = 1, FirstWord = 8;

    /// <summary>The first word: where most rules begin.</summary>
    public static NftRegister First { get; } = new(0);

    /// <summary>Where a verdict goes.</summary>
    public static NftRegister Verdict { get; } = new(-1);

    /// <summary>The word <paramref name="words"/> further on.</summary>
    public NftRegister Plus(int words) => new(Word + words);

    // The kernel reports a word that begins 16 bytes by the number of those (nft_dump_register); so do we, and both forms mean the same.
    internal uint Number => Word < 0 ? VerdictNumber : Word % 4 == 0 ? FirstLong + ((uint)Word / 4) : FirstWord + (uint)Word;

    internal static NftRegister FromNumber(uint number) =>
        number == VerdictNumber ? Verdict : number < FirstWord ? new((int)(number - FirstLong) * 4) : new((int)(number - FirstWord));

    internal static NftRegister Read(NlAttribute attribute) => FromNumber(attribute.AsUInt32BigEndian());
}
