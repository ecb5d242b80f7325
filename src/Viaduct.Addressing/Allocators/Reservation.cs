namespace Viaduct.Addressing;

/// <summary>What came of asking for one particular address, port or block.</summary>
public enum Reservation
{
    Reserved,
    Taken,
    OutOfRange,
}
