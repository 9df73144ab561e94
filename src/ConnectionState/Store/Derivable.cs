namespace ConnectionStateService.Store;

/// <summary>
/// An immutable record that keeps one object derived from it, such as an encoded response: created once, shared by all who need it, and gone with the
/// record. It is not part of the record's value: equality ignores it, and a copy by <c>with</c> starts without it.
/// </summary>
internal abstract record Derivable
{
    private object? derived;

    protected Derivable()
    {
    }

    // The copy constructor copies nothing.
    protected Derivable(Derivable original)
    {
    }

    /// <summary>Returns the derived object, and creates it on the first call. All calls must ask for the same type.</summary>
    public T Derive<TArgument, T>(TArgument argument, Func<TArgument, T> create) where T : class =>
        (T)(Volatile.Read(ref derived) ?? Keep(create(argument)));

    public virtual bool Equals(Derivable? other) => other is not null && EqualityContract == other.EqualityContract;

    public override int GetHashCode() => EqualityContract.GetHashCode();

    // Two callers may create the object at the same time; all get the one that was kept.
    private object Keep(object created) => Interlocked.CompareExchange(ref derived, created, null) ?? created;
}
