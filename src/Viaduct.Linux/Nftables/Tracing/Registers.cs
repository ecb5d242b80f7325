using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>Sixteen words that a rule computes in. Reading one that the rule did not write is an error, as it is in newer kernels.</summary>
internal sealed class Registers
{
    private const int Word = 4, Count = 16;
    private readonly byte[] bytes = new byte[Word * Count];
    private readonly bool[] isWritten = new bool[Count];

    /// <summary>Writes a value; the rest of its last word becomes zero.</summary>
    public void Store(NftRegister register, ReadOnlySpan<byte> value)
    {
        var words = (value.Length + Word - 1) / Word;
        bytes.AsSpan(register.Word * Word, words * Word).Clear();
        value.CopyTo(bytes.AsSpan(register.Word * Word));
        isWritten.AsSpan(register.Word, words).Fill(true);
    }

    public ReadOnlySpan<byte> Read(NftRegister register, int length)
    {
        if (isWritten.AsSpan(register.Word, (length + Word - 1) / Word).Contains(false))
            throw new InvalidOperationException($"A rule reads {length} bytes from word {register.Word}, which it did not write.");
        return bytes.AsSpan(register.Word * Word, length);
    }
}
