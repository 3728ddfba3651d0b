from django.urls import path

from payments.api import gift_cards, store_credit

_CARD = "gift-cards/<str:card_id>"
_ACCOUNT = "store-credit-accounts/<str:account_id>"

urlpatterns = [
    path("gift-cards", gift_cards.GiftCardsView.as_view()),
    path("gift-cards/lookup", gift_cards.LookUpView.as_view()),
    path(_CARD, gift_cards.GiftCardView.as_view()),
    path(f"{_CARD}/adjust", gift_cards.AdjustView.as_view()),
    path(f"{_CARD}/disable", gift_cards.DisableView.as_view()),
    path(f"{_CARD}/enable", gift_cards.EnableView.as_view()),
    path(f"{_CARD}/entries", gift_cards.EntriesView.as_view()),
    path("store-credit-accounts", store_credit.AccountsView.as_view()),
    path(_ACCOUNT, store_credit.AccountView.as_view()),
    path(f"{_ACCOUNT}/credit", store_credit.CreditView.as_view()),
    path(f"{_ACCOUNT}/debit", store_credit.DebitView.as_view()),
    path(f"{_ACCOUNT}/entries", store_credit.EntriesView.as_view()),
]
