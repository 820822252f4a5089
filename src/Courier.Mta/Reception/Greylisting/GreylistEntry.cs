namespace Courier.Mta.Reception.Greylisting;

/// <summary>What is remembered of a triplet, or of a network.</summary>
/// <param name="First">When it was first seen, in Unix seconds.</param>
/// <param name="Last">When it last passed.</param>
/// <param name="Passed">How often it passed; 0 while it is put off. Of a triplet at most 1.</param>
internal readonly record struct GreylistEntry(uint First, uint Last, int Passed);
