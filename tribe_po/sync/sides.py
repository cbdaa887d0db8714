from tribe_po.sides import Creation, Edit, Side, Written

__all__ = ["Creation", "Edit", "Side", "Written"]
